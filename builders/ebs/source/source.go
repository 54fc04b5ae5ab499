// Package source finds the AMI that a build starts from.
package source

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

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/option"
)

// Options say which AMI it is.
type Options struct {
	// AMI to start from. Either it or source_ami_filter is required.
	SourceAMI string `hcl:"source_ami,optional"`
	// What the AMI to start from is like.
	SourceAMIFilter *Filter `hcl:"source_ami_filter,block"`
}

// Filter describes AMIs.
type Filter struct {
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

// Validate reports every option that cannot be used.
func (o *Options) Validate() error {
	f := o.SourceAMIFilter
	switch {
	case o.SourceAMI == "" && f == nil:
		return option.Bad("source_ami", "Either it or a source_ami_filter block is required: what the build starts from.")
	case o.SourceAMI == "" && len(f.Owners) == 0:
		return option.Bad("source_ami_filter.owners", "It is required: anybody could publish an AMI that matches.")
	case f != nil && len(f.Filters) == 0 && len(f.Owners) == 0:
		return option.Bad("source_ami_filter", "It is empty.")
	}
	return nil
}

// Find gives the AMI.
func (o *Options) Find(ctx context.Context, c *ec2.Client) (types.Image, error) {
	if o.SourceAMIFilter == nil {
		return image.Describe(ctx, c, o.SourceAMI)
	}
	f := o.SourceAMIFilter
	in := &ec2.DescribeImagesInput{Owners: f.Owners, Filters: ToEC2(f.Filters)}
	if o.SourceAMI != "" {
		in.ImageIds = []string{o.SourceAMI}
	}
	if f.IncludeDeprecated {
		in.IncludeDeprecated = aws.Bool(true)
	}
	var all []types.Image
	pages := ec2.NewDescribeImagesPaginator(c, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return types.Image{}, access.Explain(err, "source_ami_filter")
		}
		all = append(all, page.Images...)
	}
	return f.choose(all)
}

func (f *Filter) choose(all []types.Image) (types.Image, error) {
	switch {
	case len(all) == 0:
		return types.Image{}, errors.New("no AMI matches source_ami_filter; the owners, or the region, may be others")
	case len(all) > 1 && !f.MostRecent:
		var some []string
		for _, i := range all[:min(len(all), 5)] {
			some = append(some, fmt.Sprintf("%s (%s)", aws.ToString(i.ImageId), aws.ToString(i.Name)))
		}
		return types.Image{}, fmt.Errorf("%d AMIs match source_ami_filter, such as %s; say more, or set most_recent = true", len(all), strings.Join(some, ", "))
	}
	return slices.MaxFunc(all, func(a, b types.Image) int {
		return cmp.Compare(aws.ToString(a.CreationDate), aws.ToString(b.CreationDate))
	}), nil
}

// Check says why a build cannot start from an AMI.
func Check(i types.Image, virtualization string, enhanced bool) error {
	id := aws.ToString(i.ImageId)
	switch {
	case i.RootDeviceType != "" && i.RootDeviceType != types.DeviceTypeEbs:
		return fmt.Errorf("the root of %s is no EBS volume but %s", id, i.RootDeviceType)
	case virtualization != "" && i.VirtualizationType != "" && string(i.VirtualizationType) != virtualization:
		return fmt.Errorf("%s is %s, not %s as ami_virtualization_type says", id, i.VirtualizationType, virtualization)
	case enhanced && i.VirtualizationType != "" && i.VirtualizationType != types.VirtualizationTypeHvm:
		return fmt.Errorf("enhanced networking needs hvm, but %s is %s", id, i.VirtualizationType)
	}
	return nil
}

// ToEC2 are filters as EC2 takes them, by name; commas separate values.
func ToEC2(filters map[string]string) []types.Filter {
	var all []types.Filter
	for _, name := range slices.Sorted(maps.Keys(filters)) {
		all = append(all, types.Filter{Name: aws.String(name), Values: strings.Split(filters[name], ",")})
	}
	return all
}
