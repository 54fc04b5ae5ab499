package amazonami

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/blocks"
	"github.com/ovenbird-io/ovenbird/internal/amazon/diskfile"
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
	e := b.encryption()
	b.data.Tags = map[string]string{encryptionTag: e.asked}
	o, err := b.uploadOptions(folder, identity)
	if err != nil {
		return blocks.Snapshot{}, err
	}
	if o.Parent, err = b.inherits(ctx, e); err != nil {
		return blocks.Snapshot{}, err
	}
	if e.direct {
		o.Encrypted, o.KMSKey = o.Parent == "", e.key
		b.options.EncryptBoot, b.data.Draft = nil, b.taken
	}
	b.out.Say("Sending %s (%s) to a snapshot in %s", b.disk, ui.Size(disk.Size()), b.acc.Region())
	began := time.Now()
	made, err := blocks.Upload(ctx, b.acc.EBS(""), disk, o)
	if err != nil {
		return made, b.explain(ctx, err)
	}
	b.out.Say("Snapshot %s: %d of %d blocks were sent in %s", made.ID, made.Sent-made.Known, made.NonEmpty, time.Since(began).Round(time.Second))
	return made, b.await(ctx, made.ID)
}

// explain adds to an error what is left.
func (b *bake) explain(ctx context.Context, err error) error {
	switch {
	case b.snapshot == nil:
		return err
	case ctx.Err() != nil: // nobody sees the error
		b.out.Say("What was sent is kept: the next run with this disk goes on, ovenbird gc removes it")
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
		Refused:  func(string) error { return b.strike() },
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
	return b.strike()
}

// strike strikes out the snapshot, which is not there.
func (b *bake) strike() error {
	claim := b.snapshot
	b.snapshot = nil
	return struck(claim, nil)
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
		return nil, nil //nolint:nilnil // the comment says so
	case err != nil:
		return nil, access.Explain(err, id)
	case len(got.Snapshots) == 0:
		return nil, nil //nolint:nilnil // the comment says so
	}
	return &got.Snapshots[0], nil
}
