package instance

import (
	"errors"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/option"
)

// Validate reports every option that cannot be used.
func (o *Options) Validate() error {
	errs := []error{
		option.OneOf("shutdown_behavior", o.ShutdownBehavior, "", "terminate", "stop"),
		option.OneOf("capacity_reservation_preference", o.CapacityReservationPreference, "", "none", "open"),
		option.OneOf("tenancy", o.Tenancy, "", "default", "dedicated", "host"),
		o.validateMetadata(), o.validatePlacement(), o.validateReservation(),
	}
	if o.UserData != "" && o.UserDataFile != "" {
		errs = append(errs, option.Bad("user_data", "Set one of user_data and user_data_file."))
	}
	if o.DisableStopInstance && o.ShutdownBehavior == "terminate" {
		errs = append(errs, option.Bad("shutdown_behavior", "An instance that terminates itself cannot become an AMI; use \"stop\" with disable_stop_instance."))
	}
	if o.SSHInterface == "session_manager" {
		errs = append(errs, option.Later("ssh_interface", "The Session Manager is not supported yet; connect to an address, over a bastion (ssh_bastion_host) where that is private."))
	} else {
		errs = append(errs, option.OneOf("ssh_interface", o.SSHInterface, "", "public_ip", "private_ip", "public_dns", "private_dns", "ipv6"))
	}
	if o.EnableNitroEnclave {
		for _, t := range o.Types() {
			if Burstable(t) {
				errs = append(errs, option.Bad("enable_nitro_enclave", "The burstable type %q has no enclaves.", t))
			}
		}
	}
	for _, l := range o.LicenseSpecifications {
		if l.Request == nil || l.Request.ARN == "" {
			errs = append(errs, option.Bad("license_specifications.license_configuration_request", "A block with license_configuration_arn is required."))
		}
	}
	return errors.Join(errs...)
}

func (o *Options) validateMetadata() error {
	m := o.MetadataOptions
	if m == nil {
		return nil
	}
	errs := []error{
		option.OneOf("metadata_options.http_endpoint", m.HTTPEndpoint, "", "enabled", "disabled"),
		option.OneOf("metadata_options.http_tokens", m.HTTPTokens, "", "required", "optional"),
		option.OneOf("metadata_options.instance_metadata_tags", m.Tags, "", "enabled", "disabled"),
	}
	if m.HopLimit < 0 || m.HopLimit > 64 {
		errs = append(errs, option.Bad("metadata_options.http_put_response_hop_limit", "EC2 takes 1 to 64 hops, not %d.", m.HopLimit))
	}
	return errors.Join(errs...)
}

func (o *Options) validatePlacement() error {
	p := o.Placement
	if p == nil {
		return nil
	}
	errs := []error{option.OneOf("placement.tenancy", p.Tenancy, "", "default", "dedicated", "host")}
	if o.Tenancy != "" && p.Tenancy != "" {
		errs = append(errs, option.Bad("tenancy", "It is the same as placement.tenancy; set one of the two."))
	}
	if p.HostID != "" && p.HostResourceGroupARN != "" {
		errs = append(errs, option.Bad("placement.host_id", "Set one of host_id and host_resource_group_arn."))
	}
	tenancy := p.Tenancy + o.Tenancy
	if (p.HostID != "" || p.HostResourceGroupARN != "") && tenancy != "" && tenancy != "host" {
		errs = append(errs, option.Bad("placement.tenancy", "A dedicated host needs \"host\", not %q.", tenancy))
	}
	return errors.Join(errs...)
}

func (o *Options) validateReservation() error {
	n := 0
	for _, given := range []bool{o.CapacityReservationPreference == "open", o.CapacityReservationID != "", o.CapacityReservationGroupARN != ""} {
		if given {
			n++
		}
	}
	if n > 1 {
		return option.Bad("capacity_reservation_id", "Set one of capacity_reservation_preference, capacity_reservation_id and capacity_reservation_group_arn.")
	}
	return nil
}

// Burstable says whether instances of a type live on CPU credits.
func Burstable(instanceType string) bool {
	family, _, _ := strings.Cut(instanceType, ".")
	switch family {
	case "t2", "t3", "t3a", "t4g":
		return true
	}
	return false
}
