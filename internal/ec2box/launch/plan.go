package launch

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/images"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/network"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// takeImage finds the image and the type, and sees whether they fit.
func (p *plan) takeImage() (err error) {
	if p.image, err = images.Find(p.c, p.q.ImageId); err != nil {
		return err
	}
	if p.q.InstanceType == "" {
		p.q.InstanceType = "m1.small" // EC2's own default, which it has no more either
	}
	if p.kind, err = TypeOf(p.q.InstanceType); err != nil {
		return err
	}
	i, a := p.instance, p.image
	switch {
	case a.State != "available":
		return wire.Bad("InvalidAMIID.Unavailable", "The image ID '%s' is not available; it is %s", a.ID, a.State)
	case a.Virtualization != "hvm":
		return wire.Bad("InvalidParameterCombination", "Virtualization type '%s' is required for instances of type '%s'. Ensure that you are using an AMI with virtualization type 'hvm'.", "hvm", p.kind.Name)
	case a.Architecture != p.kind.Arch():
		return wire.Bad("InvalidParameterValue", "The architecture '%s' of the specified instance type does not match the architecture '%s' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.", p.kind.Arch(), a.Architecture)
	case p.kind.ENA == "required" && !a.ENA:
		return wire.Bad("InvalidParameterCombination", "Enhanced networking with the Elastic Network Adapter (ENA) is required for the '%s' instance type. Ensure that you are using an AMI that is enabled for ENA.", p.kind.Name)
	case a.BootMode == "uefi" && !slices.Contains(p.kind.Boot, "uefi"):
		return wire.Bad("InvalidParameterCombination", "The boot mode 'uefi' is not supported by the '%s' instance type.", p.kind.Name)
	}
	i.Image, i.Type, i.Architecture, i.RootType, i.RootDevice = a.ID, p.kind.Name, a.Architecture, "ebs", a.RootDevice
	i.Virtualization, i.Hypervisor, i.ENA, i.SRIOV, i.BootMode, i.Platform = a.Virtualization, "xen", a.ENA, a.SRIOV, a.BootMode, a.PlatformDetails
	return nil
}

// place finds the subnet and the security groups.
func (p *plan) place(subnet string) error {
	public := (*bool)(nil)
	groups := p.q.SecurityGroupId
	if len(p.q.NetworkInterface) > 0 {
		n := p.q.NetworkInterface[0]
		switch {
		case subnet != "":
			return wire.Bad("InvalidParameterCombination", "Network interfaces and an instance-level subnet ID may not be specified on the same request")
		case len(groups)+len(p.q.SecurityGroup) > 0:
			return wire.Bad("InvalidParameterCombination", "Network interfaces and an instance-level security groups may not be specified on the same request")
		}
		subnet, groups, public = n.SubnetId, n.SecurityGroupId, n.AssociatePublicIpAddress
	}
	s, err := p.subnet(subnet)
	if err != nil {
		return err
	}
	i := p.instance
	i.Subnet, i.VPC, i.PublicWish = s.ID, s.VPC, s.Public
	if public != nil {
		i.PublicWish = *public
	}
	i.Placement = record.Placement{Zone: s.Zone, Tenancy: "default"}
	if t := deref(p.q.Placement).Tenancy; t != "" {
		i.Placement.Tenancy = t
	}
	if !Offered(p.c, p.kind.Name, s.Zone) {
		return wire.Bad("Unsupported", "Your requested instance type (%s) is not supported in your requested Availability Zone (%s).", p.kind.Name, s.Zone)
	}
	if full := p.c.W.NoCapacity; full != nil && full(p.kind.Name, s.Zone) {
		return wire.Bad("InsufficientInstanceCapacity", "We currently do not have sufficient %s capacity in the Availability Zone you requested (%s). Our system will be working on provisioning additional capacity.", p.kind.Name, s.Zone)
	}
	if err := p.takeGroups(groups); err != nil {
		return err
	}
	i.PrivateIP = freeAddress(p.c, s)
	i.PrivateDNS = "ip-" + strings.ReplaceAll(i.PrivateIP, ".", "-") + "." + p.c.Name + ".compute.internal"
	i.Interfaces = []record.Interface{{
		ID: world.NewID("eni"), Subnet: s.ID, VPC: s.VPC, Owner: p.c.W.Account, Status: "in-use", MAC: "02:00:" + i.ID[2:4] + ":" + i.ID[4:6] + ":" + i.ID[6:8] + ":" + i.ID[8:10],
		PrivateIP: i.PrivateIP, Groups: i.Groups, Delete: true, Attached: "attached",
	}}
	return nil
}

func (p *plan) subnet(id string) (*record.Subnet, error) {
	zone := deref(p.q.Placement).AvailabilityZone
	if zone != "" && !slices.Contains(p.c.Zones(), zone) {
		return nil, wire.Bad("InvalidParameterValue", "Invalid availability zone: [%s]", zone)
	}
	if id != "" {
		s, err := world.Find(p.c.Subnets, world.Subnets, id)
		if err == nil && zone != "" && zone != s.Zone {
			return nil, wire.Bad("InvalidParameterCombination", "The availability zone '%s' does not match that of the subnet '%s', %s", zone, s.ID, s.Zone)
		}
		return s, err
	}
	for _, s := range record.Sorted(p.c.Subnets) {
		offered := zone == "" && Offered(p.c, p.kind.Name, s.Zone)
		if s.Default && (zone == s.Zone || offered) {
			return s, nil
		}
	}
	return nil, wire.Bad("MissingInput", "No subnets found for the default VPC. Please specify a subnet.")
}

func (p *plan) takeGroups(ids []string) (err error) {
	for _, name := range p.q.SecurityGroup {
		g, err := network.Named(p.c, name)
		if err != nil {
			return err
		}
		ids = append(slices.Clone(ids), g.ID)
	}
	if len(ids) == 0 {
		for _, g := range p.c.Groups {
			if g.VPC == p.instance.VPC && g.Name == "default" {
				ids = []string{g.ID}
			}
		}
	}
	p.instance.Groups, err = GroupsOf(p.c, p.instance, ids)
	return err
}

// GroupsOf finds security groups for an instance.
func GroupsOf(c *world.Call, i *record.Instance, ids []string) ([]record.GroupName, error) {
	var all []record.GroupName
	for _, id := range ids {
		g, err := world.Find(c.Groups, world.Groups, id)
		if err != nil {
			return nil, err
		}
		if g.VPC != i.VPC {
			return nil, wire.Bad("InvalidParameter", "Security group %s and subnet %s belong to different networks.", g.ID, i.Subnet)
		}
		all = append(all, record.GroupName{ID: g.ID, Name: g.Name})
	}
	return all, nil
}

// freeAddress is an address of a subnet that no instance has.
func freeAddress(c *world.Call, s *record.Subnet) string {
	taken := map[string]bool{}
	for _, i := range c.Instances {
		taken[i.PrivateIP] = true
	}
	first := netip.MustParsePrefix(s.CIDR).Addr().As4()
	for {
		n, _ := rand.Int(rand.Reader, big.NewInt(s.Free)) // it never fails
		at := uint32(first[2])<<8 + uint32(first[3]) + 4 + uint32(n.Int64())
		a := netip.AddrFrom4([4]byte{first[0], first[1], byte(at >> 8), byte(at)}).String()
		if !taken[a] {
			return a
		}
	}
}

func (p *plan) takeKey() error {
	if p.q.KeyName == "" {
		return nil
	}
	k := p.c.Keys[p.q.KeyName]
	if k == nil {
		return wire.Bad("InvalidKeyPair.NotFound", "The key pair '%s' does not exist", p.q.KeyName)
	}
	p.instance.KeyName, p.instance.PublicKey = k.Name, k.Public
	return nil
}

func (p *plan) takeProfile() error {
	if p.q.IamInstanceProfile == nil {
		return nil
	}
	name, w := p.q.IamInstanceProfile.Name, p.c.W
	if arn := p.q.IamInstanceProfile.Arn; arn != "" {
		name = arn[strings.LastIndex(arn, "/")+1:]
	}
	profile := w.Profiles[name]
	if profile == nil || time.Since(profile.Changed) < w.Timing.Profile {
		return wire.Bad("InvalidParameterValue", "Value (%s) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name", name)
	}
	if len(profile.Roles) == 0 {
		return wire.Bad("InvalidParameterValue", "Value (%s) for parameter iamInstanceProfile.name is invalid. The profile has no role", name)
	}
	p.instance.Profile = &record.ProfileRef{ARN: fmt.Sprintf("arn:aws:iam::%s:instance-profile/%s", w.Account, name), ID: profile.ID}
	if p.c.DryRun {
		return nil
	}
	p.instance.Session = "ASIA" + rand.Text()[:16]
	w.Sessions[p.instance.Session] = &record.Session{
		Secret: rand.Text() + rand.Text(), Token: rand.Text() + rand.Text() + rand.Text(), Until: time.Now().Add(12 * time.Hour).UTC(),
		ARN: fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/%s", w.Account, profile.Roles[0], p.instance.ID),
	}
	return nil
}

func (p *plan) options() error {
	i, m := p.instance, deref(p.q.MetadataOptions)
	i.Metadata = record.Metadata{State: "applied", Tokens: "optional", Hops: 1, Endpoint: "enabled", IPv6: "disabled", Tags: "disabled"}
	if p.image.IMDS == "v2.0" {
		i.Metadata.Tokens, i.Metadata.Hops = "required", 2
	}
	m.Over(&i.Metadata)
	pick(&i.Shutdown, p.q.InstanceInitiatedShutdownBehavior)
	i.UserData, i.EBSOptimized, i.NoTerminate, i.NoStop = p.q.UserData, deref(p.q.EbsOptimized), deref(p.q.DisableApiTermination), deref(p.q.DisableApiStop)
	i.Enclave, i.Credits = deref(p.q.EnclaveOptions).Enabled, deref(p.q.CreditSpecification).CpuCredits
	if deref(p.q.Monitoring).Enabled {
		i.Monitoring = "pending"
	}
	switch {
	case i.Credits != "" && !p.kind.Burst:
		return wire.Bad("InvalidParameterCombination", "CPU credits are supported only for burstable types, not for %s", p.kind.Name)
	case i.Enclave && p.kind.Burst:
		return wire.Bad("InvalidParameterCombination", "Nitro Enclaves are not supported by %s", p.kind.Name)
	case i.EBSOptimized && p.kind.Optimized == "unsupported":
		return wire.Bad("InvalidParameterCombination", "EBS-optimized instances are not supported for your requested configuration.")
	}
	return nil
}
