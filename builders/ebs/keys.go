package ebs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Facts are all that the AMI depends on, but for the provisioners: the source
// AMI as it is now, and the options.
func (b *Builder) Facts(ctx context.Context, r builders.Reader, _ *ui.UI) (builders.Facts, error) {
	if b.Guestless() {
		return builders.Facts{}, stepkey.Unnamed("nobody enters the machine")
	}
	if err := b.open(ctx); err != nil {
		return builders.Facts{}, err
	}
	if err := b.find(ctx); err != nil {
		return builders.Facts{}, err
	}
	f := builders.Facts{
		Boot:  []stepkey.Fact{stepkey.Text("source AMI", aws.ToString(b.src.ImageId)), stepkey.Text("region", b.acc.Region())},
		Ages:  b.Instance.UserData != "" || b.Instance.UserDataFile != "",
		Steps: []stepkey.Fact{stepkey.Text("the user of the steps", b.SSH.Username)},
		Image: stepkey.Options(b.lasting(), r.Hider),
	}
	if b.Instance.UserDataFile != "" {
		data, err := stepkey.Files(r.Hider, b.Instance.UserDataFile)
		if err != nil {
			return f, err
		}
		f.Boot = append(f.Boot, data...)
	}
	return f, nil
}

// lasting are the options without what is another in every run, or says only
// how EC2 is reached.
func (b *Builder) lasting() *Builder {
	c := *b
	c.Access, c.SSH.TemporaryKeyPairName, c.AMI.Patience, c.ExpiresAfter = access.Options{}, "", 0, 0
	c.AMI.AMIName, c.AMI.AMIDescription = tags.Undated(c.AMI.AMIName), tags.Undated(c.AMI.AMIDescription)
	if c.AMI.DeprecateAt != "" {
		c.AMI.DeprecateAt = "set"
	}
	for _, m := range []*map[string]string{&c.AMI.Tags, &c.AMI.SnapshotTags, &c.RunTags, &c.RunVolumeTags} {
		*m = tags.UndatedAll(*m)
	}
	for _, list := range []*[]tags.Block{&c.AMI.Tag, &c.AMI.SnapshotTag, &c.RunTag, &c.RunVolumeTag} {
		*list = tags.UndatedBlocks(*list)
	}
	return &c
}

// Existing knows of nothing here: Stands tells what there is.
func (b *Builder) Existing() (*artifact.Artifact, error) { return &artifact.Artifact{}, nil }

// Stands says which of an artifact's AMIs is not there any more.
func (b *Builder) Stands(ctx context.Context, a *artifact.Artifact) error {
	if a.Builder != builderID {
		return nil
	}
	if err := b.open(ctx); err != nil {
		return err
	}
	return image.Stand(ctx, b.acc.EC2, a.ID)
}
