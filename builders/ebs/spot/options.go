// Package spot launches the instance of a build on spare capacity.
package spot

import (
	"errors"
	"strconv"

	"github.com/ovenbird-io/ovenbird/internal/amazon/policy"
	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
	"github.com/ovenbird-io/ovenbird/internal/option"
)

// Options say how spare capacity is used; the builder embeds them.
type Options struct {
	// Most to pay an hour, in dollars, for a spot instance; "auto" is at most
	// the price without spot. Default "": no spot instance.
	Price string `hcl:"spot_price,optional"`
	// Types of the spot instance, of which EC2 chooses. Default instance_type.
	Types []string `hcl:"spot_instance_types,optional"`
	// How EC2 chooses: "lowest-price", "diversified", "capacity-optimized",
	// "capacity-optimized-prioritized" or "price-capacity-optimized". Default
	// EC2's.
	AllocationStrategy string `hcl:"spot_allocation_strategy,optional"`
	// Tags of the spot request. Keys and values may use {{ .SourceAMI }} and
	// its like. Default none.
	Tags map[string]string `hcl:"spot_tags,optional" template:"late"`
	// One of the spot_tags, as a block.
	Tag []tags.Block `hcl:"spot_tag,block"`
	// Tags of the fleet that launches the spot instance. Default none.
	FleetTags map[string]string `hcl:"fleet_tags,optional" template:"late"`
	// One of the fleet_tags, as a block.
	FleetTag []tags.Block `hcl:"fleet_tag,block"`
	// Accepted for Packer's templates: EC2 has no spot blocks any more. A
	// multiple of 60.
	BlockDurationMinutes int `hcl:"block_duration_minutes,optional"`
}

// Wanted says whether the instance is a spot instance.
func (o *Options) Wanted() bool { return o.Price != "" && o.Price != "0" }

// Rights are those to launch a spot instance.
func (o *Options) Rights() []policy.Right {
	if !o.Wanted() {
		return nil
	}
	return append(policy.Any("ec2:CreateFleet", "ec2:CreateLaunchTemplate"), policy.OfMade("ec2:DeleteLaunchTemplate")...)
}

// Validate reports every option that cannot be used.
func (o *Options) Validate() error {
	errs := []error{
		option.OneOf("spot_allocation_strategy", o.AllocationStrategy, "", "lowest-price", "diversified", "capacity-optimized", "capacity-optimized-prioritized", "price-capacity-optimized"),
		tags.Check("spot_tag", o.Tag), tags.Check("fleet_tag", o.FleetTag), tags.CheckText("spot_tags", o.Tags), tags.CheckText("fleet_tags", o.FleetTags),
	}
	if price, err := strconv.ParseFloat(o.Price, 64); o.Wanted() && o.Price != "auto" && (err != nil || price <= 0) {
		errs = append(errs, option.Bad("spot_price", "%q is no price; use \"auto\" or dollars an hour, such as \"0.05\".", o.Price))
	}
	if !o.Wanted() {
		for name, n := range map[string]int{"spot_tags": len(o.Tags) + len(o.Tag), "fleet_tags": len(o.FleetTags) + len(o.FleetTag)} {
			if n > 0 {
				errs = append(errs, option.Bad(name, "It needs spot_price, such as spot_price = \"auto\"."))
			}
		}
		if len(o.Types) > 0 {
			errs = append(errs, option.Bad("spot_instance_types", "It needs spot_price, such as spot_price = \"auto\"."))
		}
	}
	if o.BlockDurationMinutes%60 != 0 {
		errs = append(errs, option.Bad("block_duration_minutes", "%d is no multiple of 60; it has no effect any more, so remove it.", o.BlockDurationMinutes))
	}
	return errors.Join(errs...)
}
