package spot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
	"github.com/google/uuid"

	"github.com/ovenbird-io/ovenbird/builders/ebs/instance"
	"github.com/ovenbird-io/ovenbird/builders/ebs/needs"
	"github.com/ovenbird-io/ovenbird/builders/ebs/network"
	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/ami"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/amazon/outlast"
	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
)

// Start has a fleet launch an instance on spare capacity.
func (o *Options) Start(ctx context.Context, m *needs.Maker, d ami.Data, i *instance.Options, l instance.Launch) (string, *journal.Claim, error) {
	request, err := d.Render(d.Text, tags.Merge(o.Tags, o.Tag))
	if err != nil {
		return "", nil, err
	}
	fleet, err := d.Render(d.Text, tags.Merge(o.FleetTags, o.FleetTag))
	if err != nil {
		return "", nil, err
	}
	in, err := i.Input(l, l.Types[0], l.Places[0])
	if err != nil {
		return "", nil, err
	}
	name := "packer-fleet-launch-template-" + uuid.NewString()[:7]
	var template string
	create := func(ctx context.Context) (id string, err error) {
		template, err = o.createTemplate(ctx, m.EC2, name, in, m.Tags, request)
		return template, err
	}
	err = m.Create(ctx, "launch-template", name, create, func(ctx context.Context, id string) error {
		m.Out.Say("Deleting the launch template %s...", name)
		return deleteTemplate(ctx, m.EC2, id)
	})
	if err != nil {
		return "", nil, err
	}
	both := maps.Clone(m.Tags)
	maps.Copy(both, fleet)
	return o.run(ctx, m.EC2, template, l, both)
}

// createTemplate makes the launch template that a fleet needs: the instance
// that in describes. More are the tags of the spot request.
func (o *Options) createTemplate(ctx context.Context, c *ec2.Client, name string, in *ec2.RunInstancesInput, own, more map[string]string) (string, error) {
	data := templateOf(in)
	if len(more) > 0 {
		data.TagSpecifications = append(data.TagSpecifications, types.LaunchTemplateTagSpecificationRequest{ResourceType: types.ResourceTypeSpotInstancesRequest, Tags: tags.ToEC2(more)})
	}
	data.InstanceMarketOptions = &types.LaunchTemplateInstanceMarketOptionsRequest{MarketType: types.MarketTypeSpot}
	if o.Price != "auto" {
		data.InstanceMarketOptions.SpotOptions = &types.LaunchTemplateSpotMarketOptionsRequest{MaxPrice: aws.String(o.Price)}
	}
	got, err := c.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String(name), LaunchTemplateData: data, ClientToken: in.ClientToken,
		TagSpecifications: tags.Specifications(own, types.ResourceTypeLaunchTemplate), VersionDescription: aws.String("Temporary template for Ovenbird"),
	})
	if err != nil {
		return "", access.Explain(err, name)
	}
	return aws.ToString(got.LaunchTemplate.LaunchTemplateId), nil
}

// deleteTemplate removes a launch template; what is gone is no error.
func deleteTemplate(ctx context.Context, c *ec2.Client, id string) error {
	_, err := c.DeleteLaunchTemplate(ctx, &ec2.DeleteLaunchTemplateInput{LaunchTemplateId: aws.String(id)})
	if err != nil && !strings.HasPrefix(access.Code(err), "InvalidLaunchTemplate") {
		return access.Explain(err, id)
	}
	return nil
}

// run launches one instance of a template, of the type and at the place that
// EC2 chooses, and gives its id.
func (o *Options) run(ctx context.Context, c *ec2.Client, template string, l instance.Launch, fleet map[string]string) (string, *journal.Claim, error) {
	in := &ec2.CreateFleetInput{
		ClientToken: aws.String(uuid.NewString()), Type: types.FleetTypeInstant,
		TargetCapacitySpecification: &types.TargetCapacitySpecificationRequest{
			TotalTargetCapacity: aws.Int32(1), SpotTargetCapacity: aws.Int32(1), OnDemandTargetCapacity: aws.Int32(0), DefaultTargetCapacityType: types.DefaultTargetCapacityTypeSpot,
		},
		LaunchTemplateConfigs: []types.FleetLaunchTemplateConfigRequest{{
			LaunchTemplateSpecification: &types.FleetLaunchTemplateSpecificationRequest{LaunchTemplateId: aws.String(template), Version: aws.String("1")},
			Overrides:                   o.overrides(l.Types, l.Places),
		}},
		TagSpecifications: tags.Specifications(fleet, types.ResourceTypeFleet),
	}
	if o.AllocationStrategy != "" {
		in.SpotOptions = &types.SpotOptionsRequest{AllocationStrategy: types.SpotAllocationStrategy(o.AllocationStrategy)}
	}
	entry := l.Entry
	entry.Kind, entry.Token, entry.Name = "instance", *in.ClientToken, "spot"
	claim, err := l.Journal.Intend(entry)
	if err != nil {
		return "", nil, err
	}
	got, err := outlast.Do(ctx, func(ctx context.Context) (*ec2.CreateFleetOutput, error) { return c.CreateFleet(ctx, in) })
	if err != nil {
		if outlast.Unmade(err) {
			return "", nil, errors.Join(access.Explain(err, template), claim.Struck())
		}
		return "", nil, access.Explain(err, template)
	}
	for _, i := range got.Instances {
		for _, id := range i.InstanceIds {
			return id, claim, claim.Made(id)
		}
	}
	return "", nil, errors.Join(refused(got.Errors), claim.Struck())
}

// overrides are the types and places that EC2 chooses from; it prefers the
// first ones where the strategy lets it.
func (o *Options) overrides(all []string, places []network.Place) []types.FleetLaunchTemplateOverridesRequest {
	var out []types.FleetLaunchTemplateOverridesRequest
	for _, t := range all {
		for _, p := range places {
			one := types.FleetLaunchTemplateOverridesRequest{InstanceType: types.InstanceType(t)}
			if p.Subnet != "" {
				one.SubnetId = aws.String(p.Subnet)
			} else if p.Zone != "" {
				one.AvailabilityZone = aws.String(p.Zone)
			}
			if o.AllocationStrategy == string(types.SpotAllocationStrategyCapacityOptimizedPrioritized) {
				one.Priority = aws.Float64(float64(len(out)))
			}
			out = append(out, one)
		}
	}
	return out
}

// refused says why a fleet has no instance.
func refused(all []types.CreateFleetError) error {
	if len(all) == 0 {
		return errors.New("CreateFleet: no instance came, and no reason")
	}
	var errs []error
	for _, e := range all {
		why := &smithy.GenericAPIError{Code: aws.ToString(e.ErrorCode), Message: aws.ToString(e.ErrorMessage)}
		what := "any type"
		if e.LaunchTemplateAndOverrides != nil && e.LaunchTemplateAndOverrides.Overrides != nil {
			what = string(e.LaunchTemplateAndOverrides.Overrides.InstanceType)
		}
		errs = append(errs, fmt.Errorf("CreateFleet of %s: %w", what, why))
	}
	return fmt.Errorf("no spot instance could be launched: %w", errors.Join(errs...))
}
