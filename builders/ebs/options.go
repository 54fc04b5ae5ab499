// Package ebs bakes AMIs on an EC2 instance.
package ebs

import (
	"context"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/builders/ebs/cleaning"
	"github.com/ovenbird-io/ovenbird/builders/ebs/device"
	"github.com/ovenbird-io/ovenbird/builders/ebs/instance"
	"github.com/ovenbird-io/ovenbird/builders/ebs/network"
	"github.com/ovenbird-io/ovenbird/builders/ebs/profile"
	"github.com/ovenbird-io/ovenbird/builders/ebs/source"
	"github.com/ovenbird-io/ovenbird/builders/ebs/spot"
	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/ami"
	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
	"github.com/ovenbird-io/ovenbird/internal/communicator"
)

// Builder launches an instance of an AMI, provisions it over SSH, and makes an
// AMI of it.
type Builder struct {
	Access   access.Options   `hcl:",remain"`
	AMI      ami.Options      `hcl:",remain"`
	Source   source.Options   `hcl:",remain"`
	Instance instance.Options `hcl:",remain"`
	Spot     spot.Options     `hcl:",remain"`
	Network  network.Options  `hcl:",remain"`
	Profile  profile.Options  `hcl:",remain"`
	Devices  device.Options   `hcl:",remain"`
	SSH      communicator.SSH `hcl:",remain"`
	Cleaning cleaning.Options `hcl:",remain"`

	// Tags of all that is made for the bake, and of the AMI and its snapshots.
	// Keys and values may use {{ .SourceAMI }} and its like. Default none.
	RunTags map[string]string `hcl:"run_tags,optional" template:"late"`
	// One of the run_tags, as a block.
	RunTag []tags.Block `hcl:"run_tag,block"`
	// Leaves run_tags away from the AMI and its snapshots. Default false.
	SkipAMIRunTags bool `hcl:"skip_ami_run_tags,optional"`
	// Tags of the volumes of the instance. Default none.
	RunVolumeTags map[string]string `hcl:"run_volume_tags,optional" template:"late"`
	// One of the run_volume_tags, as a block.
	RunVolumeTag []tags.Block `hcl:"run_volume_tag,block"`
	// Does everything but make the AMI. Default false.
	SkipCreateAMI bool `hcl:"skip_create_ami,optional"`
	// How long what is made for the bake may exist at most: the instance then
	// shuts itself down, and gc removes the rest. Default "24h".
	ExpiresAfter time.Duration `hcl:"expires_after,optional"`

	env builders.Env
	acc *access.Account // nil until it is opened
	src *types.Image    // nil until it is found
	key string          // of the AMI: the same as that of an earlier one made of the same; "" if not known
}

// New gives a builder with its defaults.
func New(env builders.Env) builders.Builder {
	return &Builder{
		AMI: ami.Defaults(), Network: network.Defaults(), SSH: communicator.Defaults(), ExpiresAfter: 24 * time.Hour, env: env,
	}
}

// builderID is what scripts know the artifact by.
const builderID = "mitchellh.amazonebs"

// Guestless says that the instance is booted but never entered.
func (b *Builder) Guestless() bool { return b.SSH.Communicator == "none" }

// Secrets are the passwords among the options.
func (b *Builder) Secrets() []string { return append(b.SSH.Secrets(), b.Access.Secrets()...) }

// open logs in to Amazon, once.
func (b *Builder) open(ctx context.Context) error {
	if b.acc != nil {
		return nil
	}
	acc, err := b.Access.Open(ctx)
	if err == nil {
		b.acc, b.AMI.Patience = acc, max(b.AMI.Patience, b.Access.Patience(0, os.Getenv))
	}
	return err
}

// find looks for the source AMI, once.
func (b *Builder) find(ctx context.Context) error {
	if b.src != nil {
		return nil
	}
	found, err := b.Source.Find(ctx, b.acc.EC2(""))
	if err != nil {
		return err
	}
	if err := source.Check(found, b.AMI.AMIVirtualizationType, b.AMI.SriovSupport || b.AMI.ENASupport != nil && *b.AMI.ENASupport); err != nil {
		return err
	}
	b.src = &found
	return nil
}
