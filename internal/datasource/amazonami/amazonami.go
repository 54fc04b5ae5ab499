// Package amazonami is the data source that finds an AMI.
package amazonami

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/datasource"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// AMI finds an AMI. It tells its id, name, creation_date, owner, owner_name and
// tags, a map.
type AMI struct {
	Access access.Options `hcl:",remain"`
	// Filters of DescribeImages, such as name or root-device-type; several
	// values have commas between them. Default none.
	Filters map[string]string `hcl:"filters,optional"`
	// Accounts whose AMIs are good, or "self", "amazon" or "aws-marketplace".
	// Required.
	Owners []string `hcl:"owners,optional"`
	// Takes the newest when several match, which is an error otherwise. Default
	// false.
	MostRecent bool `hcl:"most_recent,optional"`
	// Takes AMIs that are deprecated, too. Default false.
	IncludeDeprecated bool `hcl:"include_deprecated,optional"`
}

// New makes an amazon-ami data source with its defaults.
func New(datasource.Env) datasource.Source { return &AMI{} }

// Validate checks the options.
func (a *AMI) Validate() error {
	errs := []error{a.Access.Validate()}
	if len(a.Owners) == 0 {
		errs = append(errs, option.Bad("owners", "It is required: anybody could publish an AMI that matches."))
	}
	return errors.Join(errs...)
}

// Outputs names what Read gives.
func (*AMI) Outputs() datasource.Outputs {
	return datasource.Outputs{
		"id": cty.String, "name": cty.String, "creation_date": cty.String, "owner": cty.String, "owner_name": cty.String,
		"tags": cty.Map(cty.String),
	}
}

// Read asks for the AMI.
func (a *AMI) Read(ctx context.Context, _ *ui.UI) (map[string]cty.Value, error) {
	acc, err := a.Access.Open(ctx)
	if err != nil {
		return nil, err
	}
	in := &ec2.DescribeImagesInput{Owners: a.Owners}
	for _, name := range slices.Sorted(maps.Keys(a.Filters)) {
		in.Filters = append(in.Filters, types.Filter{Name: aws.String(name), Values: strings.Split(a.Filters[name], ",")})
	}
	if a.IncludeDeprecated {
		in.IncludeDeprecated = aws.Bool(true)
	}
	var all []types.Image
	for pages := ec2.NewDescribeImagesPaginator(acc.EC2(""), in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, access.Explain(err, "the AMI")
		}
		all = append(all, page.Images...)
	}
	found, err := a.choose(all)
	if err != nil {
		return nil, err
	}
	return values(found), nil
}

func (a *AMI) choose(all []types.Image) (types.Image, error) {
	switch {
	case len(all) == 0:
		return types.Image{}, errors.New("no AMI matches; the owners, or the region, may be others")
	case len(all) > 1 && !a.MostRecent:
		var some []string
		for _, i := range all[:min(len(all), 5)] {
			some = append(some, fmt.Sprintf("%s (%s)", aws.ToString(i.ImageId), aws.ToString(i.Name)))
		}
		return types.Image{}, fmt.Errorf("%d AMIs match, such as %s; say more, or set most_recent = true", len(all), strings.Join(some, ", "))
	}
	return slices.MaxFunc(all, func(x, y types.Image) int {
		return cmp.Compare(aws.ToString(x.CreationDate), aws.ToString(y.CreationDate))
	}), nil
}

func values(i types.Image) map[string]cty.Value {
	all := map[string]cty.Value{
		"id": cty.StringVal(aws.ToString(i.ImageId)), "name": cty.StringVal(aws.ToString(i.Name)),
		"creation_date": cty.StringVal(aws.ToString(i.CreationDate)), "owner": cty.StringVal(aws.ToString(i.OwnerId)),
		"owner_name": cty.StringVal(aws.ToString(i.ImageOwnerAlias)), "tags": cty.MapValEmpty(cty.String),
	}
	tags := map[string]cty.Value{}
	for _, t := range i.Tags {
		tags[aws.ToString(t.Key)] = cty.StringVal(aws.ToString(t.Value))
	}
	if len(tags) > 0 {
		all["tags"] = cty.MapVal(tags)
	}
	return all
}
