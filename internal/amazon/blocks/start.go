package blocks

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ebs"
	"github.com/aws/aws-sdk-go-v2/service/ebs/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/outlast"
	"github.com/ovenbird-io/ovenbird/internal/amazon/trying"
)

// idle is after how many minutes without a block EBS gives a snapshot up.
const idle = 240

// optional is how long it is tried to ask for what can be done without.
const optional = 10 * time.Second

// start gives the log a snapshot: that of an interrupted run, also when its
// answer never came, or a new one.
func (u *upload) start(ctx context.Context) (err error) {
	if u.resumed {
		u.Out.Say("Going on with snapshot %s: %d blocks are there", u.log.snapshot, len(u.log.sent))
		if u.parent, err = u.loadParent(ctx, u.parentID(), u.Patience); err != nil {
			return err
		}
		return u.created()
	}
	if u.log.request == nil {
		u.log.request = u.request(u.Parent)
	}
	dispensable := true // it can be done without the parent
	u.parent, err = u.loadParent(ctx, u.parentID(), min(u.Patience, optional))
	if err == nil {
		err = u.begin(ctx)
		dispensable = hopeless(err)
	}
	if err != nil && dispensable && u.parentID() != "" && ctx.Err() == nil {
		u.Out.Detail("All of the disk is sent, not only what changed: %s", err)
		u.parent, u.log.request = nil, u.request("")
		err = u.begin(ctx)
	}
	if err != nil {
		return err
	}
	return u.created()
}

func (u *upload) parentID() string { return aws.ToString(u.log.request.ParentSnapshotId) }

func (u *upload) created() error {
	if u.Created == nil {
		return nil
	}
	return u.Created(*u.log.request.ClientToken, u.log.snapshot)
}

// request asks for a new snapshot. Its token makes it one however often it is
// asked for.
func (u *upload) request(parent string) *ebs.StartSnapshotInput {
	in := &ebs.StartSnapshotInput{VolumeSize: &u.SizeGiB, ClientToken: aws.String(rand.Text()), Timeout: aws.Int32(idle)}
	if u.Description != "" {
		in.Description = &u.Description
	}
	for _, key := range slices.Sorted(maps.Keys(u.Tags)) {
		in.Tags = append(in.Tags, types.Tag{Key: &key, Value: aws.String(u.Tags[key])})
	}
	switch {
	case parent != "":
		in.ParentSnapshotId = &parent
	case u.Encrypted:
		in.Encrypted = &u.Encrypted
		if u.KMSKey != "" {
			in.KmsKeyArn = &u.KMSKey
		}
	}
	return in
}

// begin makes the request of the log.
func (u *upload) begin(ctx context.Context) error {
	if err := u.log.asking(u.log.request); err != nil {
		return err
	}
	if u.Creating != nil {
		if err := u.Creating(*u.log.request.ClientToken); err != nil {
			return err
		}
	}
	var id string
	err := u.call(ctx, fmt.Sprintf("%d GiB", u.SizeGiB), func(ctx context.Context) error {
		answer, err := outlast.Do(ctx, func(ctx context.Context) (*ebs.StartSnapshotOutput, error) {
			return u.client.StartSnapshot(ctx, u.log.request)
		})
		if err == nil {
			id = aws.ToString(answer.SnapshotId)
		}
		return err
	})
	if err != nil {
		return u.unbegun(err)
	}
	return u.log.write("snapshot", id)
}

// unbegun tells of a request that made nothing. Of one that an earlier run made
// as well nobody knows: it may have been refused only now.
func (u *upload) unbegun(err error) error {
	if u.Refused != nil && !u.asked && hopeless(err) {
		err = errors.Join(err, u.Refused(*u.log.request.ClientToken))
	}
	return err
}

// hopeless says whether a snapshot was not started, and is not going to be by the
// same request.
func hopeless(err error) bool { return outlast.Unmade(err) && !trying.Transient(err, errDamaged) }
