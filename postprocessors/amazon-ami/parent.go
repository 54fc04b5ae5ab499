package amazonami

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
)

// encryptionTag says on an AMI and its snapshots how the template wanted them
// encrypted: a delta has the encryption of the snapshot before it.
const encryptionTag = "ovenbird:encryption"

// encryption is how the template wants the snapshot encrypted.
type encryption struct {
	direct bool   // as it is written; otherwise a copy may be made to do it
	key    string // ARN, "" is the account's own
	asked  string // all of that in words
}

func (b *bake) encryption() encryption {
	key := b.options.KMSKeyID
	switch {
	case !b.options.Encrypts():
		return encryption{asked: "as the account has it"}
	case len(b.options.Regions(b.acc.Region())) == 0 && (key == "" || strings.Contains(key, ":key/")):
		return encryption{true, key, "with " + named(key)}
	}
	return encryption{asked: "by a copy with " + named(key)}
}

func named(key string) string {
	if key == "" {
		return "the account's key"
	}
	return key
}

// inherits is the id of the snapshot that the new one is a delta to, "" if
// there is none that is encrypted as the new one is to be.
func (b *bake) inherits(ctx context.Context, e encryption) (string, error) {
	s, err := b.parent(ctx)
	if s == nil || err != nil {
		return "", err
	}
	id := aws.ToString(s.SnapshotId)
	same := aws.ToBool(s.Encrypted) == e.direct && (!e.direct || aws.ToString(s.KmsKeyId) == e.key)
	for _, t := range s.Tags {
		if aws.ToString(t.Key) == encryptionTag {
			same = aws.ToString(t.Value) == e.asked
		}
	}
	if !same {
		b.out.Detail("All of the disk is sent: it is not known that snapshot %s is encrypted just so", id)
		return "", nil
	}
	return id, nil
}

// parent is the snapshot to send changes to, nil if there is none.
func (b *bake) parent(ctx context.Context) (*types.Snapshot, error) {
	if !b.Delta {
		return nil, nil //nolint:nilnil // the comment says so
	}
	id := b.ParentSnapshot
	if id == "" {
		got, err := b.ec2.DescribeImages(ctx, &ec2.DescribeImagesInput{
			Owners: []string{"self"}, Filters: []types.Filter{{Name: aws.String("tag:" + journal.TemplateTag), Values: []string{b.data.Template}}},
		})
		if err != nil {
			return nil, access.Explain(err, b.data.Template)
		}
		if b.before = latest(got.Images); b.before == nil {
			return nil, nil //nolint:nilnil // the comment says so
		}
		id = image.Snapshots(*b.before)[0]
	}
	s, err := b.look(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case s == nil && b.ParentSnapshot != "":
		return nil, fmt.Errorf("parent_snapshot: there is no snapshot %s in %s", id, b.acc.Region())
	case s == nil || s.State != types.SnapshotStateCompleted:
		return nil, nil //nolint:nilnil // all can be sent
	}
	return s, nil
}

// latest is the newest AMI that is one disk, nil if there is none.
func latest(all []types.Image) *types.Image {
	slices.SortFunc(all, func(a, b types.Image) int {
		return strings.Compare(aws.ToString(b.CreationDate), aws.ToString(a.CreationDate))
	})
	for _, i := range all {
		if i.State == types.ImageStateAvailable && len(i.BlockDeviceMappings) == 1 && len(image.Snapshots(i)) == 1 {
			return &i
		}
	}
	return nil
}
