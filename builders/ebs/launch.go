package ebs

import (
	"cmp"
	"context"
	"maps"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/builders/ebs/instance"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
)

// launch starts the instance.
func (m *machine) launch(ctx context.Context) error {
	m.out.Say("Launching a source AWS instance...")
	l, err := m.spec()
	if err != nil {
		return err
	}
	var claim *journal.Claim
	if m.b.Spot.Wanted() {
		m.id, claim, err = m.b.Spot.Start(ctx, &m.maker, m.data, &m.b.Instance, l)
	} else {
		var made types.Instance
		made, claim, err = m.b.Instance.Run(ctx, m.c, l, m.out)
		m.id = aws.ToString(made.InstanceId)
	}
	if m.id == "" {
		return err
	}
	m.out.Detail("Instance ID: %s", m.id)
	m.end = sync.OnceValue(func() error { return m.terminate(context.WithoutCancel(ctx), claim) })
	m.undo.Push(func(context.Context) error { return m.end() })
	return err
}

// spec is the instance to launch.
func (m *machine) spec() (instance.Launch, error) {
	l := instance.Launch{
		Image: aws.ToString(m.b.src.ImageId), Key: cmp.Or(m.keyName, m.b.SSH.KeypairName), Groups: m.groups, Profile: m.profile,
		Public: m.b.Network.AssociatePublicIPAddress, IPv6: m.b.Instance.SSHInterface == "ipv6", Devices: m.b.Devices.ToLaunch(),
		Types: m.b.types(), Places: m.places, Journal: m.journal, Entry: m.entry("", ""), Volumes: m.data.Ours(),
	}
	if m.b.Profile.Policy != nil {
		l.Settling = []string{"InvalidParameterValue", "InvalidIamInstanceProfile.NotFound", "InvalidIAMInstanceProfile.NotFound"}
	}
	own, err := m.runTags()
	if err != nil {
		return l, err
	}
	l.Tags = map[string]string{"Name": "Packer Builder"}
	maps.Copy(l.Tags, own)
	volume, err := m.data.Render(m.data.Text, tags.Merge(m.b.RunVolumeTags, m.b.RunVolumeTag))
	maps.Copy(l.Volumes, volume)
	return l, err
}

// terminate ends the instance, and deletes what volumes it leaves.
func (m *machine) terminate(ctx context.Context, claim *journal.Claim) error {
	ctx, cancel := context.WithTimeout(ctx, undoLimit)
	defer cancel()
	m.out.Say("Terminating the source AWS instance...")
	if err := instance.Terminate(ctx, m.c, m.id); err != nil {
		return err
	}
	if m.instance != nil {
		for _, id := range instance.Left(m.instance) {
			m.out.Say("Cleaning up any extra volumes: %s", id)
			if err := instance.DeleteVolume(ctx, m.c, id); err != nil {
				return err
			}
		}
	}
	return claim.Struck()
}
