package blocks

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ebs"
	"github.com/aws/aws-sdk-go-v2/service/ebs/types"
)

// idle is after how many minutes without a block EBS gives a snapshot up.
const idle = 240

// start gives the log a snapshot: that of an interrupted run, also when its
// answer never came, or a new one.
func (u *upload) start(ctx context.Context) error {
	if u.resumed {
		u.Out.Say("Going on with snapshot %s: %d blocks are there", u.log.snapshot, len(u.log.sent))
		p, err := u.loadParent(ctx, u.log.parent)
		if err != nil {
			return err
		}
		u.parent = p
		return u.created()
	}
	p, err := u.loadParent(ctx, u.Parent)
	if err == nil {
		u.parent = p
		err = u.begin(ctx)
	}
	if err != nil && u.Parent != "" && ctx.Err() == nil && !transient(err) {
		u.Out.Detail("All of the disk is sent, not only what changed: %s", err)
		u.parent, u.log.token = nil, rand.Text() // a token is for one request only
		err = u.begin(ctx)
	}
	if err != nil {
		return err
	}
	return u.created()
}

func (u *upload) created() error {
	if u.Created == nil {
		return nil
	}
	return u.Created(u.log.token, u.log.snapshot)
}

// begin starts the snapshot; the token makes it the same one however often it
// is asked for.
func (u *upload) begin(ctx context.Context) error {
	in := &ebs.StartSnapshotInput{VolumeSize: &u.SizeGiB, ClientToken: &u.log.token, Timeout: aws.Int32(idle)}
	if u.Description != "" {
		in.Description = &u.Description
	}
	for _, key := range slices.Sorted(maps.Keys(u.Tags)) {
		in.Tags = append(in.Tags, types.Tag{Key: &key, Value: aws.String(u.Tags[key])})
	}
	if u.parent != nil {
		in.ParentSnapshotId = &u.parent.id
	} else if u.Encrypted {
		in.Encrypted = &u.Encrypted
		if u.KMSKey != "" {
			in.KmsKeyArn = &u.KMSKey
		}
	}
	for _, line := range [][]string{{"token", u.log.token}, {"parent", aws.ToString(in.ParentSnapshotId)}} {
		if err := u.log.write(line...); err != nil {
			return err
		}
	}
	if u.Creating != nil {
		if err := u.Creating(u.log.token); err != nil {
			return err
		}
	}
	var id string
	err := u.call(ctx, func(ctx context.Context) error {
		answer, err := u.client.StartSnapshot(ctx, in)
		if err == nil {
			id = aws.ToString(answer.SnapshotId)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("starting a snapshot: %w", err)
	}
	return u.log.write("snapshot", id)
}
