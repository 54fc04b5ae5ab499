package ebs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/builders/ebs/imaging"
	"github.com/ovenbird-io/ovenbird/builders/ebs/instance"
	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/ami"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/seal"
)

// Seal cleans the guest, stops the instance and makes the AMI.
func (m *machine) Seal(ctx context.Context) (*artifact.Artifact, error) {
	if err := m.clean(ctx); err != nil {
		return nil, err
	}
	if !m.b.Spot.Wanted() { // a spot instance is imaged while it runs
		if m.b.Instance.DisableStopInstance {
			m.out.Say("Waiting for the instance to stop by itself...")
		} else {
			m.out.Say("Stopping the source instance...")
		}
		if err := instance.Stop(ctx, m.c, m.id, m.b.Instance.DisableStopInstance); err != nil {
			return nil, err
		}
	}
	if err := m.enhance(ctx); err != nil {
		return nil, err
	}
	if m.b.SkipCreateAMI {
		m.out.Say("Skipping AMI creation...")
		m.leave()
		return &artifact.Artifact{Builder: builderID, Title: "no AMI was made, as skip_create_ami says"}, nil
	}
	img := imaging.Imaging{EC2: m.c, Instance: m.id, Options: &m.b.AMI, Data: m.data, Disks: m.b.Devices.ToImage(), Out: m.out}
	entry := m.entry("image", m.b.AMI.AMIName)
	entry.Token = m.b.key
	id, claim, err := img.Create(ctx, m.journal, entry)
	if err != nil {
		return nil, err
	}
	m.data.Claim = claim
	if m.data.Image, err = img.Await(ctx, id, claim); err != nil {
		return nil, err
	}
	m.leave()
	made, err := m.b.publish(ctx, m.journal, id, m.data, m.out)
	if err != nil {
		return nil, err
	}
	return ami.Artifact(builderID, m.b.acc, made), nil
}

// leave ends the instance beside what follows: nothing needs it any more.
func (m *machine) leave() {
	m.sealed = true
	go func() { _ = m.end() }() // Close waits for it, and tells
}

// clean takes the bake's traces out of the guest.
func (m *machine) clean(ctx context.Context) error {
	if m.client == nil {
		return nil
	}
	s := seal.Options{BuildKey: m.key.Authorized, BuildUser: m.b.SSH.Username, Become: m.become()}
	return m.b.Cleaning.Clean(ctx, m.client, s, m.b.SSH.ClearAuthorizedKeys, m.out)
}

// enhance sets what the AMI has of the instance: enhanced networking.
func (m *machine) enhance(ctx context.Context) error {
	id := aws.String(m.id)
	if m.b.AMI.SriovSupport {
		m.out.Say("Enabling Enhanced Networking (SR-IOV)...")
		in := &ec2.ModifyInstanceAttributeInput{InstanceId: id, SriovNetSupport: &types.AttributeValue{Value: aws.String("simple")}}
		if _, err := m.c.ModifyInstanceAttribute(ctx, in); err != nil {
			return access.Explain(err, m.id)
		}
	}
	if want := m.b.AMI.ENASupport; want != nil && *want != aws.ToBool(m.b.src.EnaSupport) {
		m.out.Say("Setting Enhanced Networking (ENA) to %t...", *want)
		in := &ec2.ModifyInstanceAttributeInput{InstanceId: id, EnaSupport: &types.AttributeBooleanValue{Value: want}}
		if _, err := m.c.ModifyInstanceAttribute(ctx, in); err != nil {
			return access.Explain(err, m.id)
		}
	}
	return nil
}
