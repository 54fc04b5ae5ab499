package amazon

import (
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/amazon/family"
	"github.com/ovenbird-io/ovenbird/internal/amazon/gc"
	"github.com/ovenbird-io/ovenbird/internal/amazon/policy"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/postprocessors"
	"github.com/ovenbird-io/ovenbird/templates"
)

// Policy prints the IAM policy that the builds of a template need.
func Policy(plan *templates.Plan, o Options, out *ui.Root) error {
	var all []policy.Right
	if o.cleaning {
		all = append(gc.Rights(), family.Rights()...)
	}
	for _, b := range plan.Builds {
		if n, ok := b.Builder.(policy.Needy); ok {
			all = append(all, n.Rights()...)
		}
		for _, chain := range b.PostProcessors {
			for _, step := range chain {
				p, diags := step.Decode(builders.Info{}, postprocessors.Env{Build: b.ID})
				if n, ok := p.(policy.Needy); ok && !diags.HasErrors() {
					all = append(all, n.Rights()...)
				}
			}
		}
	}
	all = append(all, read(plan)...)
	if len(all) == 0 {
		out.Warn("the template needs nothing at Amazon")
		return nil
	}
	text, err := policy.Document(all)
	if err != nil {
		return err
	}
	out.File(text + "\n")
	return nil
}

// read are the rights of the data sources.
func read(plan *templates.Plan) []policy.Right {
	needs := map[string]string{
		"amazon-ami": "ec2:DescribeImages", "amazon-parameterstore": "ssm:GetParameter", "amazon-secretsmanager": "secretsmanager:GetSecretValue",
	}
	var all []policy.Right
	for _, f := range plan.Files {
		body, ok := f.Body.(*hclsyntax.Body)
		if !ok {
			continue
		}
		for _, b := range body.Blocks {
			if b.Type != "data" || len(b.Labels) == 0 || needs[b.Labels[0]] == "" {
				continue
			}
			r := policy.Right{Action: needs[b.Labels[0]]}
			if !slices.ContainsFunc(all, func(other policy.Right) bool { return other.Action == r.Action }) {
				all = append(all, r)
			}
		}
	}
	return all
}
