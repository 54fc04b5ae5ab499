// Package source finds the AMI that a build starts from.
package source

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/option"
)

// Options say which AMI it is.
type Options struct {
	// AMI to start from. Either it or source_ami_filter is required.
	SourceAMI string `hcl:"source_ami,optional"`
	// What the AMI to start from is like.
	SourceAMIFilter *image.Search `hcl:"source_ami_filter,block"`
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
	var ids []string
	if o.SourceAMI != "" {
		ids = append(ids, o.SourceAMI)
	}
	return o.SourceAMIFilter.Find(ctx, c, "source_ami_filter", ids...)
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
