// Package amazonami is the data source that finds an AMI.
package amazonami

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/datasource"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// AMI finds an AMI. It tells its id, name, creation_date, owner, owner_name and
// tags, a map.
type AMI struct {
	Access access.Options `hcl:",remain"`
	Search image.Search   `hcl:",remain"`
}

// New makes an amazon-ami data source with its defaults.
func New(datasource.Env) datasource.Source { return &AMI{} }

// Validate checks the options.
func (a *AMI) Validate() error {
	errs := []error{a.Access.Validate()}
	if len(a.Search.Owners) == 0 {
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
	found, err := a.Search.Find(ctx, acc.EC2(""), "")
	if err != nil {
		return nil, err
	}
	return values(found), nil
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
