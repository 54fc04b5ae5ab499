// Package network finds where in a VPC the instance goes, and lets only us in.
package network

import (
	"errors"
	"net/netip"

	"github.com/ovenbird-io/ovenbird/internal/option"
)

// Options say where the instance goes, and who gets in; the builder embeds them.
type Options struct {
	// VPC of the instance. Default the one of the subnet, or the default VPC.
	VPCID string `hcl:"vpc_id,optional"`
	// What the VPC is like, of which there must be one.
	VPCFilter *VPCFilter `hcl:"vpc_filter,block"`
	// Subnet of the instance. Default EC2's choice in the default VPC.
	SubnetID string `hcl:"subnet_id,optional"`
	// Subnets to try one after the other while EC2 has no capacity. Default
	// none.
	SubnetIDs []string `hcl:"subnet_ids,optional"`
	// What the subnet is like.
	SubnetFilter *SubnetFilter `hcl:"subnet_filter,block"`
	// Availability zone of the instance. Default the subnet's, or EC2's choice.
	AvailabilityZone string `hcl:"availability_zone,optional"`
	// Whether the instance gets a public address. Default as the subnet has it.
	AssociatePublicIPAddress *bool `hcl:"associate_public_ip_address,optional"`

	// Security group of the instance. Default one made for the build, which
	// lets only us in.
	SecurityGroupID string `hcl:"security_group_id,optional"`
	// Security groups of the instance. Default one made for the build.
	SecurityGroupIDs []string `hcl:"security_group_ids,optional"`
	// What the security groups are like; all that match are used.
	SecurityGroupFilter *VPCFilter `hcl:"security_group_filter,block"`
	// Networks that the group made for the build lets in, such as
	// "203.0.113.0/24". Default our own address as EC2 sees it, or the VPC's
	// networks where that cannot be known.
	SourceCIDRs []string `hcl:"temporary_security_group_source_cidrs,optional"`
	// Accepted for Packer's templates: our own address is the default.
	SourcePublicIP bool `hcl:"temporary_security_group_source_public_ip,optional"`
	// Where our own address is asked for, over HTTP, when the way to EC2 does
	// not tell it. Default Amazon's service; "none" asks nobody.
	CheckIP string `hcl:"check_ip_url,optional"`
}

// VPCFilter describes VPCs, or security groups.
type VPCFilter struct {
	// Filters of DescribeVpcs or DescribeSecurityGroups; several values have
	// commas between them. Required.
	Filters map[string]string `hcl:"filters,optional"`
}

// SubnetFilter describes subnets.
type SubnetFilter struct {
	// Filters of DescribeSubnets; several values have commas between them.
	// Required.
	Filters map[string]string `hcl:"filters,optional"`
	// Takes the subnet with the most free addresses when several match.
	// Default false.
	MostFree bool `hcl:"most_free,optional"`
	// Takes any of the subnets when several match. Default false.
	Random bool `hcl:"random,optional"`
}

// defaultCheckIP tells a caller its own address.
const defaultCheckIP = "https://checkip.amazonaws.com"

// Defaults are the options of a template that sets none.
func Defaults() Options { return Options{CheckIP: defaultCheckIP} }

// Validate reports every option that cannot be used.
func (o *Options) Validate() error {
	var errs []error
	if given(o.SubnetID != "", len(o.SubnetIDs) > 0, o.SubnetFilter != nil) > 1 {
		errs = append(errs, option.Bad("subnet_id", "Set one of subnet_id, subnet_ids and subnet_filter."))
	}
	if given(o.VPCID != "", o.VPCFilter != nil) > 1 {
		errs = append(errs, option.Bad("vpc_id", "Set one of vpc_id and vpc_filter."))
	}
	if given(o.SecurityGroupID != "", len(o.SecurityGroupIDs) > 0, o.SecurityGroupFilter != nil) > 1 {
		errs = append(errs, option.Bad("security_group_id", "Set one of security_group_id, security_group_ids and security_group_filter."))
	}
	if f := o.SubnetFilter; f != nil && f.MostFree && f.Random {
		errs = append(errs, option.Bad("subnet_filter.random", "Set one of most_free and random."))
	}
	if (o.VPCID != "" || o.VPCFilter != nil) && given(o.SubnetID != "", len(o.SubnetIDs) > 0, o.SubnetFilter != nil) == 0 && o.AssociatePublicIPAddress == nil {
		errs = append(errs, option.Bad("vpc_id", "Name a subnet of it as well, with subnet_id or subnet_filter."))
	}
	for _, c := range o.SourceCIDRs {
		if _, err := netip.ParsePrefix(c); err != nil {
			errs = append(errs, option.Bad("temporary_security_group_source_cidrs", "%q is no network; write one like \"203.0.113.0/24\".", c))
		}
	}
	return errors.Join(errs...)
}

func given(all ...bool) int {
	n := 0
	for _, g := range all {
		if g {
			n++
		}
	}
	return n
}
