package instance

import (
	"cmp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/builders/ebs/network"
)

// metadata are the options of the metadata service. They are always sent: to
// require IMDSv2 is EC2's default only for some AMIs and accounts.
func (o *Options) metadata() *types.InstanceMetadataOptionsRequest {
	var m Metadata
	if o.MetadataOptions != nil {
		m = *o.MetadataOptions
	}
	if m.HTTPEndpoint == "disabled" { // then EC2 takes nothing else
		return &types.InstanceMetadataOptionsRequest{HttpEndpoint: types.InstanceMetadataEndpointStateDisabled}
	}
	return &types.InstanceMetadataOptionsRequest{
		HttpEndpoint:            types.InstanceMetadataEndpointStateEnabled,
		HttpTokens:              types.HttpTokensState(cmp.Or(m.HTTPTokens, "required")),
		HttpPutResponseHopLimit: aws.Int32(cmp.Or(m.HopLimit, 1)),
		InstanceMetadataTags:    types.InstanceMetadataTagsState(cmp.Or(m.Tags, "disabled")),
	}
}

// placement is where the instance runs, nil when nothing is said of it.
func (o *Options) placement(place network.Place) *types.Placement {
	p := &types.Placement{Tenancy: types.Tenancy(o.Tenancy)}
	if place.Zone != "" {
		p.AvailabilityZone = aws.String(place.Zone)
	}
	if g := o.Placement; g != nil {
		p.Tenancy = types.Tenancy(cmp.Or(g.Tenancy, o.Tenancy))
		if g.HostID != "" {
			p.HostId, p.Tenancy = aws.String(g.HostID), types.TenancyHost
		}
		if g.HostResourceGroupARN != "" {
			p.HostResourceGroupArn, p.Tenancy = aws.String(g.HostResourceGroupARN), types.TenancyHost
		}
	}
	if *p == (types.Placement{}) {
		return nil
	}
	return p
}

// reservation says which capacity is used.
func (o *Options) reservation() *types.CapacityReservationSpecification {
	target := &types.CapacityReservationTarget{}
	switch {
	case o.CapacityReservationID != "":
		target.CapacityReservationId = aws.String(o.CapacityReservationID)
	case o.CapacityReservationGroupARN != "":
		target.CapacityReservationResourceGroupArn = aws.String(o.CapacityReservationGroupARN)
	case o.CapacityReservationPreference == "":
		return nil
	default:
		return &types.CapacityReservationSpecification{CapacityReservationPreference: types.CapacityReservationPreference(o.CapacityReservationPreference)}
	}
	return &types.CapacityReservationSpecification{CapacityReservationTarget: target}
}
