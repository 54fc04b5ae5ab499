package amazonami

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/blocks"
	"github.com/ovenbird-io/ovenbird/internal/amazon/diskfile"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// upload puts the disk into a snapshot, and waits until EC2 has it.
func (b *bake) upload(ctx context.Context, identity string) (blocks.Snapshot, error) {
	folder := filepath.Join(b.env.CacheDir, "uploads")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return blocks.Snapshot{}, fmt.Errorf("keeping what is sent: %w", err)
	}
	disk, err := diskfile.Open(ctx, b.disk, b.format, folder)
	if err != nil {
		return blocks.Snapshot{}, err
	}
	defer disk.Close()
	o, err := b.uploadOptions(folder, identity)
	if err != nil {
		return blocks.Snapshot{}, err
	}
	if err := b.encrypt(ctx, &o); err != nil {
		return blocks.Snapshot{}, err
	}
	b.out.Say("Sending the disk %s of %s to a snapshot in %s", b.disk, ui.Size(disk.Size()), b.acc.Region())
	began := time.Now()
	made, err := blocks.Upload(ctx, b.acc.EBS(""), disk, o)
	if err != nil {
		return made, b.explain(err)
	}
	b.out.Say("Snapshot %s: %d of %d blocks were sent in %s", made.ID, made.Sent-made.Known, made.NonEmpty, time.Since(began).Round(time.Second))
	return made, b.await(ctx, made.ID)
}

// explain adds to an error what is left.
func (b *bake) explain(err error) error {
	if b.snapshot == nil {
		return err
	}
	return fmt.Errorf("%w; what was sent is kept for another try, ovenbird gc removes it", err)
}

func (b *bake) uploadOptions(folder, identity string) (blocks.Options, error) {
	tags, err := b.options.SnapshotTagsOf(b.data)
	if err != nil {
		return blocks.Options{}, err
	}
	return blocks.Options{
		Description: fmt.Sprintf("%.200s, from %.40s", b.options.AMIName, filepath.Base(b.disk)), Tags: tags, SizeGiB: b.VolumeSize,
		Folder: folder, Identity: identity, Workers: b.UploadWorkers, Limit: b.UploadTimeout, Out: b.out,
		Creating: func(token string) error { return b.claim(token) },
		Created: func(token, id string) error {
			if err := b.claim(token); err != nil {
				return err
			}
			return b.snapshot.Made(id)
		},
		Abandoned: b.abandon,
		Exists: func(ctx context.Context, id string) (bool, error) {
			s, err := b.look(ctx, id)
			return s != nil && s.State != types.SnapshotStateError, err
		},
	}, nil
}

// claim notes the snapshot of a token in the journal, or takes over what an
// interrupted run noted.
func (b *bake) claim(token string) error {
	if b.snapshot != nil && b.token == token {
		return nil
	}
	left, err := b.journal.Adopt(func(e journal.Entry) bool { return e.Kind == "snapshot" && e.Token == token })
	if err != nil {
		return err
	}
	if b.token = token; len(left) > 0 {
		b.snapshot = left[0]
		return nil
	}
	b.snapshot, err = b.journal.Intend(b.entry("snapshot", token, ""))
	return err
}

// abandon deletes a snapshot that cannot be gone on with.
func (b *bake) abandon(ctx context.Context, id string) error {
	_, err := b.ec2.DeleteSnapshot(ctx, &ec2.DeleteSnapshotInput{SnapshotId: &id})
	if err != nil && access.Code(err) != "InvalidSnapshot.NotFound" {
		return access.Explain(err, id)
	}
	claim := b.snapshot
	b.snapshot = nil
	return struck(claim, nil)
}

// encrypt decides what the snapshot is a delta to, and whether it is encrypted
// as it is written. Otherwise publishing makes an encrypted copy.
func (b *bake) encrypt(ctx context.Context, o *blocks.Options) error {
	key := b.options.KMSKeyID
	direct := b.options.Encrypts() && len(b.options.Regions(b.acc.Region())) == 0 && (key == "" || strings.Contains(key, ":key/"))
	parent, err := b.parent(ctx)
	if err != nil {
		return err
	}
	if parent != nil {
		id := aws.ToString(parent.SnapshotId)
		if direct == aws.ToBool(parent.Encrypted) && (!direct || aws.ToString(parent.KmsKeyId) == key) { // its encryption becomes ours
			o.Parent = id
		} else {
			b.out.Detail("All of the disk is sent: it is not known that snapshot %s is encrypted just so", id)
		}
	}
	if direct {
		o.Encrypted, o.KMSKey = o.Parent == "", key
		b.options.EncryptBoot, b.data.Draft = nil, b.data.Draft && b.taken
	}
	return nil
}

// parent is the snapshot to send changes to, nil if there is none.
func (b *bake) parent(ctx context.Context) (*types.Snapshot, error) {
	if !b.Delta {
		return nil, nil
	}
	id := b.ParentSnapshot
	if id == "" {
		got, err := b.ec2.DescribeImages(ctx, &ec2.DescribeImagesInput{
			Owners: []string{"self"}, Filters: []types.Filter{{Name: aws.String("tag:ovenbird:template"), Values: []string{b.data.Template}}},
		})
		if err != nil {
			return nil, access.Explain(err, b.data.Template)
		}
		if id = latest(got.Images); id == "" {
			return nil, nil
		}
	}
	s, err := b.look(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case s == nil && b.ParentSnapshot != "":
		return nil, fmt.Errorf("parent_snapshot: there is no snapshot %s in %s", id, b.acc.Region())
	case s == nil || s.State != types.SnapshotStateCompleted:
		return nil, nil // all can be sent
	}
	return s, nil
}

// latest is the snapshot of the newest AMI, "" if there is none.
func latest(all []types.Image) string {
	slices.SortFunc(all, func(a, b types.Image) int {
		return strings.Compare(aws.ToString(b.CreationDate), aws.ToString(a.CreationDate))
	})
	for _, i := range all {
		if of := image.Snapshots(i); i.State == types.ImageStateAvailable && len(of) == 1 {
			return of[0]
		}
	}
	return ""
}

// await waits until EC2 has completed the snapshot.
func (b *bake) await(ctx context.Context, id string) error {
	b.out.Say("Waiting for snapshot %s to be completed", id)
	return access.Poll(ctx, b.SnapshotTimeout, "snapshot "+id+" to be completed", func(ctx context.Context) (bool, error) {
		s, err := b.look(ctx, id)
		switch {
		case err != nil || s == nil: // it is not known everywhere yet
			return false, err
		case s.State == types.SnapshotStateError:
			return false, fmt.Errorf("snapshot %s is in error: %w", id, errors.New(aws.ToString(s.StateMessage)))
		}
		return s.State == types.SnapshotStateCompleted, nil
	})
}

// look describes a snapshot, nil if there is none.
func (b *bake) look(ctx context.Context, id string) (*types.Snapshot, error) {
	got, err := b.ec2.DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{SnapshotIds: []string{id}})
	switch {
	case access.Code(err) == "InvalidSnapshot.NotFound":
		return nil, nil
	case err != nil:
		return nil, access.Explain(err, id)
	case len(got.Snapshots) == 0:
		return nil, nil
	}
	return &got.Snapshots[0], nil
}
