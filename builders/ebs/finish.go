package ebs

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/ami"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// publish makes of an image in the build's region what the options ask for.
func (b *Builder) publish(ctx context.Context, j *journal.Journal, id string, d ami.Data, out *ui.UI) (ami.Made, error) {
	o := b.AMI
	o.ForceDeregister = b.forces()
	return o.Publish(ctx, b.acc, j, id, b.acc.Region(), d, out)
}

// Finish picks up an AMI of the same key that an earlier run was making when it
// was interrupted, and publishes it.
func (b *Builder) Finish(ctx context.Context, key string, since time.Time, out *ui.UI) (made *artifact.Artifact, began time.Time, err error) {
	b.key = key
	if err := errors.Join(b.open(ctx), b.find(ctx)); err != nil {
		return nil, began, err
	}
	j, err := journal.Open("")
	if err != nil {
		return nil, began, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	left, err := j.Adopt(func(e journal.Entry) bool {
		return e.Kind == "image" && e.ID != "" && e.Token == key && e.Of(b.acc.Number()) && e.Region == b.acc.Region() && e.Endpoint == b.acc.Endpoint() && e.Made.After(since) && time.Now().Before(e.Expires)
	})
	if err != nil {
		return nil, began, err
	}
	for _, claim := range left {
		began = claim.Entry().Made
		if made, err = b.finish(ctx, j, claim, out); made != nil || err != nil {
			return made, began, err
		}
	}
	return nil, began, nil
}

// finish publishes one image, nil if it is not there or will never be.
func (b *Builder) finish(ctx context.Context, j *journal.Journal, claim *journal.Claim, out *ui.UI) (*artifact.Artifact, error) {
	e := claim.Entry()
	c := b.acc.EC2("")
	found, err := image.Describe(ctx, c, e.ID)
	switch {
	case access.Code(err) == "InvalidAMIID.NotFound":
		return nil, claim.Struck()
	case err != nil:
		return nil, err
	case found.State != types.ImageStateAvailable && found.State != types.ImageStatePending:
		return nil, errors.Join(image.Remove(ctx, c, found, true), claim.Struck())
	}
	out.Say("An earlier run was interrupted when it had made %s of the same: it is picked up", e.ID)
	d, err := b.data()
	if err != nil {
		return nil, err
	}
	d.Again, d.Claim, d.Draft = true, claim, aws.ToString(found.Name) != e.Name
	again := *b
	again.AMI.AMIName = e.Name
	made, err := again.publish(ctx, j, e.ID, d, out)
	if err != nil {
		return nil, err
	}
	copies, err := j.Adopt(func(o journal.Entry) bool {
		return o.Kind == "image" && o.Of(e.Account) && o.Run == e.Run && o.ID == made.Images[o.Region]
	})
	for _, c := range copies {
		err = errors.Join(err, c.Struck())
	}
	return ami.Artifact(builderID, b.acc, made), err
}
