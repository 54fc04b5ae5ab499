// Package launch starts the sandbox's instances.
package launch

import (
	"encoding/base64"
	"slices"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// Request is what to start, as RunInstances and launch templates have it.
type Request struct {
	ImageId                           string           `json:",omitempty"`
	InstanceType                      string           `json:",omitempty"`
	KeyName                           string           `json:",omitempty"`
	SecurityGroupId                   []string         `json:",omitempty"`
	SecurityGroup                     []string         `json:",omitempty"`
	UserData                          string           `json:",omitempty"`
	EbsOptimized                      *bool            `json:",omitempty"`
	DisableApiTermination             *bool            `json:",omitempty"`
	DisableApiStop                    *bool            `json:",omitempty"`
	InstanceInitiatedShutdownBehavior string           `json:",omitempty"`
	IamInstanceProfile                *ProfileName     `json:",omitempty"`
	Placement                         *PlacementWish   `json:",omitempty"`
	NetworkInterface                  []InterfaceWish  `json:",omitempty"`
	BlockDeviceMapping                []record.Mapping `json:",omitempty"`
	MetadataOptions                   *MetadataWish    `json:",omitempty"`
	CreditSpecification               *Credits         `json:",omitempty"`
	EnclaveOptions                    *Switch          `json:",omitempty"`
	Monitoring                        *Switch          `json:",omitempty"`
	InstanceMarketOptions             *Market          `json:",omitempty"`
	CapacityReservationSpecification  *ReservationWish `json:",omitempty"`
	LicenseSpecification              []LicenseWish    `json:",omitempty"`
	TagSpecification                  []world.TagSpec  `json:",omitempty"`
}

// The parts of a Request.
type (
	// ProfileName names an instance profile by one of the two.
	ProfileName struct{ Arn, Name string }
	// PlacementWish says where.
	PlacementWish struct{ AvailabilityZone, Tenancy, GroupName, HostId, HostResourceGroupArn string }
	// InterfaceWish is a network interface.
	InterfaceWish struct {
		DeviceIndex              *int64
		SubnetId                 string
		SecurityGroupId          []string
		AssociatePublicIpAddress *bool
		DeleteOnTermination      *bool
		Description              string
	}
	// MetadataWish are the metadata options.
	MetadataWish struct {
		HttpTokens, HttpEndpoint, HttpProtocolIpv6, InstanceMetadataTags string
		HttpPutResponseHopLimit                                          *int64
	}
	// Credits are those of a burstable type.
	Credits struct{ CpuCredits string }
	// Switch is on or off.
	Switch struct{ Enabled bool }
	// Market makes a spot instance.
	Market struct {
		MarketType  string
		SpotOptions *Spot
	}
	// Spot are the terms of a spot instance.
	Spot struct {
		MaxPrice, SpotInstanceType, InstanceInterruptionBehavior string
		BlockDurationMinutes                                     *int64
	}
	// ReservationWish names a capacity reservation.
	ReservationWish struct {
		CapacityReservationPreference string
		CapacityReservationTarget     *struct{ CapacityReservationId, CapacityReservationResourceGroupArn string }
	}
	// LicenseWish names a license.
	LicenseWish struct{ LicenseConfigurationArn string }
)

// Over puts a request over that of a template.
func (q Request) Over(base Request) Request {
	pick(&base.ImageId, q.ImageId)
	pick(&base.InstanceType, q.InstanceType)
	pick(&base.KeyName, q.KeyName)
	pick(&base.UserData, q.UserData)
	pick(&base.InstanceInitiatedShutdownBehavior, q.InstanceInitiatedShutdownBehavior)
	pick(&base.EbsOptimized, q.EbsOptimized)
	pick(&base.DisableApiTermination, q.DisableApiTermination)
	pick(&base.DisableApiStop, q.DisableApiStop)
	pick(&base.IamInstanceProfile, q.IamInstanceProfile)
	pick(&base.Placement, q.Placement)
	pick(&base.MetadataOptions, q.MetadataOptions)
	pick(&base.CreditSpecification, q.CreditSpecification)
	pick(&base.EnclaveOptions, q.EnclaveOptions)
	pick(&base.Monitoring, q.Monitoring)
	pick(&base.InstanceMarketOptions, q.InstanceMarketOptions)
	pick(&base.CapacityReservationSpecification, q.CapacityReservationSpecification)
	pickAll(&base.SecurityGroupId, q.SecurityGroupId)
	pickAll(&base.SecurityGroup, q.SecurityGroup)
	pickAll(&base.NetworkInterface, q.NetworkInterface)
	pickAll(&base.BlockDeviceMapping, q.BlockDeviceMapping)
	pickAll(&base.LicenseSpecification, q.LicenseSpecification)
	for _, s := range q.TagSpecification {
		n := slices.IndexFunc(base.TagSpecification, func(o world.TagSpec) bool { return o.ResourceType == s.ResourceType })
		if n < 0 {
			base.TagSpecification = append(base.TagSpecification, s)
			continue
		}
		all, err := world.Tagged(base.TagSpecification[n].Tag, s.Tag)
		if err != nil { // the tags of the request are wrong, which is said later
			all = s.Tag
		}
		base.TagSpecification[n].Tag = all
	}
	return base
}

func pick[T comparable](to *T, value T) {
	var zero T
	if value != zero {
		*to = value
	}
}

func pickAll[T any](to *[]T, values []T) {
	if len(values) > 0 {
		*to = values
	}
}

// Over puts the options over those that were.
func (m MetadataWish) Over(was *record.Metadata) {
	pick(&was.Tokens, m.HttpTokens)
	pick(&was.Endpoint, m.HttpEndpoint)
	pick(&was.Tags, m.InstanceMetadataTags)
	pick(&was.Hops, deref(m.HttpPutResponseHopLimit))
}

// Check says what is wrong with the parts that need nothing else to be looked at.
func (q Request) Check() error {
	for _, f := range []struct {
		name, value string
		known       []string
	}{
		{"InstanceInitiatedShutdownBehavior", q.InstanceInitiatedShutdownBehavior, []string{"", "stop", "terminate"}},
		{"MetadataOptions.HttpTokens", deref(q.MetadataOptions).HttpTokens, []string{"", "optional", "required"}},
		{"MetadataOptions.HttpEndpoint", deref(q.MetadataOptions).HttpEndpoint, []string{"", "enabled", "disabled"}},
		{"MetadataOptions.HttpProtocolIpv6", deref(q.MetadataOptions).HttpProtocolIpv6, []string{"", "disabled"}},
		{"MetadataOptions.InstanceMetadataTags", deref(q.MetadataOptions).InstanceMetadataTags, []string{"", "enabled", "disabled"}},
		{"CreditSpecification.CpuCredits", deref(q.CreditSpecification).CpuCredits, []string{"", "standard", "unlimited"}},
		{"Placement.Tenancy", deref(q.Placement).Tenancy, []string{"", "default", "dedicated"}},
		{"InstanceMarketOptions.MarketType", deref(q.InstanceMarketOptions).MarketType, []string{"", "spot"}},
		{"CapacityReservationPreference", deref(q.CapacityReservationSpecification).CapacityReservationPreference, []string{"", "none", "open"}},
	} {
		if !slices.Contains(f.known, f.value) {
			return wire.Invalid(f.value, f.name, "The sandbox knows%q.", f.known[1:])
		}
	}
	raw, err := base64.StdEncoding.DecodeString(q.UserData)
	hops := deref(q.MetadataOptions).HttpPutResponseHopLimit
	switch {
	case err != nil:
		return wire.Bad("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.")
	case len(raw) > 16384:
		return wire.Bad("InvalidParameterValue", "User data is limited to 16384 bytes")
	case hops != nil && (*hops < 1 || *hops > 64):
		return wire.Bad("InvalidParameterValue", "The hop limit must be from 1 to 64.")
	case deref(q.Placement).HostId != "" || deref(q.Placement).HostResourceGroupArn != "" || deref(q.Placement).GroupName != "":
		return wire.Unsupported("dedicated hosts and placement groups")
	case deref(q.CapacityReservationSpecification).CapacityReservationTarget != nil:
		return wire.Unsupported("capacity reservations")
	case len(q.LicenseSpecification) > 0:
		return wire.Unsupported("license specifications")
	case len(q.NetworkInterface) > 1 || len(q.NetworkInterface) == 1 && (q.NetworkInterface[0].DeviceIndex == nil || *q.NetworkInterface[0].DeviceIndex != 0):
		return wire.Unsupported("network interfaces other than one at device index 0")
	}
	return nil
}

func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
