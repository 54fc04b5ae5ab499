package lifecycle

import (
	"encoding/base64"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/imds"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// launch is what the instance's machine is told.
func (l life) launch() world.Launch {
	return world.Launch{ID: l.i.ID, Type: l.i.Type, Arch: l.i.Architecture, BootMode: l.i.BootMode, Metadata: func() imds.Instance {
		l.w.Lock()
		defer l.w.Unlock()
		return l.metadata()
	}}
}

// metadata is what the guest may learn.
func (l life) metadata() imds.Instance {
	i := l.i
	in := imds.Instance{
		ID: i.ID, ImageID: i.Image, Type: i.Type, Region: l.r.Name, Zone: i.Placement.Zone, Account: l.w.Account, Reservation: i.Reservation,
		Hostname: i.PrivateDNS, Architecture: i.Architecture, PrivateIP: i.PrivateIP, PublicIP: i.PublicIP, VPC: i.VPC, Subnet: i.Subnet,
		BlockDevices: map[string]string{"ami": i.RootDevice, "root": i.RootDevice}, Tags: map[string]string{},
		Options: imds.Options{Disabled: i.Metadata.Endpoint == "disabled", TokensRequired: i.Metadata.Tokens == "required", HopLimit: int(i.Metadata.Hops), Tags: i.Metadata.Tags == "enabled"},
	}
	in.Launched, _ = time.Parse(time.RFC3339, i.Launched) // we wrote it
	if s := l.r.Subnets[i.Subnet]; s != nil {
		in.CIDR = s.CIDR
	}
	for _, g := range i.Groups {
		in.SecurityGroups = append(in.SecurityGroups, g.Name)
	}
	in.KeyName, in.PublicKey = i.KeyName, i.PublicKey
	if i.UserData != "" {
		in.UserData, _ = base64.StdEncoding.DecodeString(i.UserData) // it was checked
	}
	for _, t := range i.Tags {
		in.Tags[t.Key] = t.Value
	}
	in.Role = l.role()
	return in
}

// role is that of the instance's profile, with the session that was made for it.
func (l life) role() imds.Role {
	if l.i.Profile == nil {
		return imds.Role{}
	}
	name := l.i.Profile.ARN[strings.LastIndex(l.i.Profile.ARN, "/")+1:]
	p, s := l.w.Profiles[name], l.w.Sessions[l.i.Session]
	if p == nil || s == nil || len(p.Roles) == 0 {
		return imds.Role{}
	}
	return imds.Role{
		Name: p.Roles[0], ProfileARN: l.i.Profile.ARN, ProfileID: l.i.Profile.ID, AccessKey: l.i.Session, SecretKey: s.Secret, Token: s.Token,
		CredentialsMade: s.Until.Add(-12 * time.Hour), CredentialsUntil: s.Until,
	}
}
