package blocks

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ebs"
)

// page is how many blocks are asked for at once, the most there is.
const page = 10000

// parent is what is known of the snapshot that the new one is a delta to.
type parent struct {
	id      string
	digests map[int]digest // of all its blocks, or nil
	tokens  map[int]string // to read its blocks with, where digests is nil
}

// loadParent looks up the blocks of a snapshot: in what earlier runs noted, or
// by asking for them, with so much patience. That of "" is nil.
func (u *upload) loadParent(ctx context.Context, id string, patience time.Duration) (*parent, error) {
	if id == "" {
		return nil, nil //nolint:nilnil // the comment says so
	}
	p := &parent{id: id}
	if p.digests = recorded(u.Folder, id); p.digests != nil {
		return p, nil
	}
	p.tokens = map[int]string{}
	in := &ebs.ListSnapshotBlocksInput{SnapshotId: &id, MaxResults: aws.Int32(page)}
	for {
		var answer *ebs.ListSnapshotBlocksOutput
		err := u.callFor(ctx, patience, id, func(ctx context.Context) (err error) {
			answer, err = u.client.ListSnapshotBlocks(ctx, in)
			return err
		})
		if err != nil {
			return nil, err
		}
		if size := aws.ToInt64(answer.VolumeSize); size > u.SizeGiB {
			return nil, fmt.Errorf("snapshot %s has %d GiB, more than the disk's %d", id, size, u.SizeGiB)
		}
		for _, b := range answer.Blocks {
			p.tokens[int(aws.ToInt32(b.BlockIndex))] = aws.ToString(b.BlockToken)
		}
		if aws.ToString(answer.NextToken) == "" {
			return p, nil
		}
		in.NextToken = answer.NextToken
	}
}

// indexes are the blocks that the parent has, in order.
func (p *parent) indexes() []int {
	if p == nil {
		return nil
	}
	if p.digests != nil {
		return slices.Sorted(maps.Keys(p.digests))
	}
	return slices.Sorted(maps.Keys(p.tokens))
}

func (p *parent) has(i int) bool {
	if p == nil {
		return false
	}
	_, known := p.digests[i]
	_, listed := p.tokens[i]
	return known || listed
}

// parentDigest is the digest of a block that the parent has. Reading it takes
// the room of a block.
func (u *upload) parentDigest(ctx context.Context, i int, room []byte) (d digest, err error) {
	if d, known := u.parent.digests[i]; known {
		return d, nil
	}
	err = u.call(ctx, fmt.Sprintf("block %d of %s", i, u.parent.id), func(ctx context.Context) error {
		answer, err := u.client.GetSnapshotBlock(ctx, &ebs.GetSnapshotBlockInput{
			SnapshotId: &u.parent.id, BlockIndex: aws.Int32(int32(i)), BlockToken: aws.String(u.parent.tokens[i]),
		})
		if err != nil {
			return err
		}
		defer answer.BlockData.Close()
		if _, err := io.ReadFull(answer.BlockData, room); err != nil {
			return err
		}
		if d = sha256.Sum256(room); aws.ToString(answer.Checksum) != text(d) {
			return errDamaged
		}
		return nil
	})
	return d, err
}

// errDamaged says that a block is not what its checksum says; another try may
// give it whole.
var errDamaged = errors.New("the data is not that of its checksum")
