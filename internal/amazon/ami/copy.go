package ami

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/uuid"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/amazon/outlast"
)

// DraftName is a name for an image that gets its right name later.
func DraftName(name string) string {
	const mark = "-draft-"
	id := uuid.NewString()[:8]
	return name[:min(len(name), 128-len(mark)-len(id))] + mark + id
}

var draft = regexp.MustCompile(`-draft-[0-9a-f]{8}$`)

// IsDraft says whether a name is one that DraftName gives.
func IsDraft(name string) bool { return draft.MatchString(name) }

// copy makes a copy of the first AMI in a region, and waits until it is
// available. A copy that cannot become so is removed.
func (p *publisher) copy(ctx context.Context, first *place, region string) (*place, error) {
	c := p.acc.EC2(region)
	made := &place{region: region}
	name := p.AMIName
	if p.ForceDeregister || p.data.Again {
		same, err := image.Named(ctx, c, p.AMIName)
		if err != nil {
			return nil, err
		}
		if i := p.copied(same, first.id()); i >= 0 {
			p.out.Say("%s: an earlier run began the copy %s", region, aws.ToString(same[i].ImageId))
			return p.arrive(ctx, made, aws.ToString(same[i].ImageId))
		}
		if made.draft = p.ForceDeregister && len(same) > 0; made.draft {
			name = DraftName(name)
		}
	}
	id, err := p.beginCopy(ctx, made, first, name)
	if err != nil {
		return nil, err
	}
	p.out.Say("%s: copying %s to %s", region, first.id(), id)
	return p.arrive(ctx, made, id)
}

// copied finds the copy of an image that an earlier run has made, -1 if none.
func (p *publisher) copied(all []types.Image, from string) int {
	if !p.data.Again {
		return -1
	}
	for i, found := range all {
		if aws.ToString(found.SourceImageId) == from {
			return i
		}
	}
	return -1
}

// arrive waits for a copy.
func (p *publisher) arrive(ctx context.Context, made *place, id string) (*place, error) {
	began := time.Now()
	var err error
	made.image, err = image.Await(ctx, p.acc.EC2(made.region), id, p.Patience, p.out)
	var failed *image.FailedError
	if errors.As(err, &failed) {
		err = errors.Join(err, p.drop(ctx, made))
	}
	if err != nil {
		return nil, fmt.Errorf("copying to %s: %w", made.region, err)
	}
	p.out.Say("%s: %s is available (%s)", made.region, id, time.Since(began).Round(time.Second))
	return made, finished(made.claim)
}

// drop removes a copy that failed.
func (p *publisher) drop(ctx context.Context, pl *place) error {
	if err := image.RemoveWith(ctx, p.acc.EC2(pl.region), pl.image, p.data.Own(pl.image)); err != nil {
		return err
	}
	if pl.claim == nil {
		return nil
	}
	return pl.claim.Struck()
}

// beginCopy asks for the copy.
func (p *publisher) beginCopy(ctx context.Context, made, first *place, name string) (string, error) {
	description, err := p.Description(p.data)
	if err != nil {
		return "", err
	}
	tags, err := p.Specify(p.data)
	if err != nil {
		return "", err
	}
	in := &ec2.CopyImageInput{
		Name: aws.String(name), SourceImageId: aws.String(first.id()), SourceRegion: aws.String(first.region),
		ClientToken: aws.String(uuid.NewString()), TagSpecifications: tags,
	}
	if description != "" {
		in.Description = aws.String(description)
	}
	if p.SnapshotCopyDurationMinutes > 0 {
		in.SnapshotCopyCompletionDurationMinutes = aws.Int64(p.SnapshotCopyDurationMinutes)
	}
	if p.EncryptBoot != nil {
		in.Encrypted = p.EncryptBoot
	}
	if p.Encrypts() {
		key := p.RegionKMSKeyIDs[made.region]
		if made.region == first.region {
			key = cmp.Or(key, p.KMSKeyID)
		}
		if key != "" {
			in.KmsKeyId = aws.String(key)
		}
	}
	entry := p.entry(made.region, "image", name)
	entry.Token = *in.ClientToken
	if made.claim, err = p.j.Intend(entry); err != nil {
		return "", err
	}
	c := p.acc.EC2(made.region)
	got, err := outlast.Do(ctx, func(ctx context.Context) (*ec2.CopyImageOutput, error) { return c.CopyImage(ctx, in) })
	if err != nil {
		return "", p.refused(made.claim, err, first.id()+" to "+made.region)
	}
	id := aws.ToString(got.ImageId)
	return id, made.claim.Made(id)
}

// refused strikes out what the service did not make.
func (p *publisher) refused(c *journal.Claim, err error, resource string) error {
	if access.Code(err) != "" {
		err = errors.Join(access.Explain(err, resource), c.Struck())
	} else {
		err = access.Explain(err, resource)
	}
	return err
}

// entry is one of the journal's about something that is made for this bake.
func (p *publisher) entry(region, kind, name string) journal.Entry {
	return journal.Entry{Run: p.data.Run, Template: p.data.Template, Region: region, Endpoint: p.acc.Endpoint(), Account: p.acc.Number(), Kind: kind, Name: name, Expires: p.data.Expires}
}
