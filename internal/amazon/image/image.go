// Package image looks at AMIs, waits for them and removes them.
package image

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Describe gives an image by its id.
func Describe(ctx context.Context, c *ec2.Client, id string) (types.Image, error) {
	got, err := c.DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: []string{id}})
	if err != nil {
		return types.Image{}, access.Explain(err, id)
	}
	if len(got.Images) == 0 {
		return types.Image{}, fmt.Errorf("DescribeImages of %s: there is no such AMI", id)
	}
	return got.Images[0], nil
}

// Named lists our own images of that name.
func Named(ctx context.Context, c *ec2.Client, name string) ([]types.Image, error) {
	got, err := c.DescribeImages(ctx, &ec2.DescribeImagesInput{
		Owners: []string{"self"}, Filters: []types.Filter{{Name: aws.String("name"), Values: []string{name}}},
	})
	if err != nil {
		return nil, access.Explain(err, name)
	}
	return got.Images, nil
}

// FailedError is an image that will never become available.
type FailedError struct{ ID, State, Reason string }

func (e *FailedError) Error() string {
	return fmt.Sprintf("the AMI %s is %s: %s", e.ID, e.State, e.Reason)
}

// every is the time between two reports of how far an image is.
const every = 30 * time.Second

// report tells how far the snapshots of an image are; that it cannot is no matter.
func report(ctx context.Context, c *ec2.Client, image types.Image, out *ui.UI) {
	ids := Snapshots(image)
	if len(ids) == 0 {
		return
	}
	got, err := c.DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{SnapshotIds: ids})
	if err != nil {
		return
	}
	for _, s := range got.Snapshots {
		out.Detail("%s of %s: %s", aws.ToString(s.SnapshotId), aws.ToString(image.ImageId), aws.ToString(s.Progress))
	}
}

// Await waits until an image is available.
func Await(ctx context.Context, c *ec2.Client, id string, limit time.Duration, out *ui.UI) (image types.Image, err error) {
	told := time.Now()
	err = access.Poll(ctx, limit, "the AMI "+id+" to become available", func(ctx context.Context) (bool, error) {
		got, err := Describe(ctx, c, id)
		switch {
		case access.Code(err) == "InvalidAMIID.NotFound": // it is not known everywhere yet
			return false, nil
		case err != nil:
			return false, err
		}
		image = got
		switch image.State {
		case types.ImageStateAvailable:
			return true, nil
		case types.ImageStatePending, types.ImageStateTransient:
			if time.Since(told) > every {
				told = time.Now()
				report(ctx, c, image, out)
			}
			return false, nil
		}
		e := &FailedError{ID: id, State: string(image.State), Reason: "no reason is given"}
		if image.StateReason != nil && image.StateReason.Message != nil {
			e.Reason = *image.StateReason.Message
		}
		return false, e
	})
	return image, err
}

// Snapshots are those that an image stands on.
func Snapshots(image types.Image) []string {
	var all []string
	for _, m := range image.BlockDeviceMappings {
		if m.Ebs != nil && m.Ebs.SnapshotId != nil {
			all = append(all, *m.Ebs.SnapshotId)
		}
	}
	return all
}

// ours are the snapshots of an image that have our tag. The others are
// somebody's: a template may have an image stand on any snapshot.
func ours(ctx context.Context, c *ec2.Client, image types.Image) ([]string, error) {
	all := Snapshots(image)
	if len(all) == 0 {
		return nil, nil
	}
	got, err := c.DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{Filters: []types.Filter{ // which, unlike ids, may be gone
		{Name: aws.String("snapshot-id"), Values: all}, {Name: aws.String("tag:" + journal.MadeByTag), Values: []string{journal.MadeBy}},
	}})
	if err != nil {
		return nil, access.Explain(err, "the snapshots of "+aws.ToString(image.ImageId))
	}
	return slices.DeleteFunc(all, func(id string) bool {
		return !slices.ContainsFunc(got.Snapshots, func(s types.Snapshot) bool {
			tagged := func(t types.Tag) bool {
				return aws.ToString(t.Key) == journal.MadeByTag && aws.ToString(t.Value) == journal.MadeBy
			}
			return aws.ToString(s.SnapshotId) == id && slices.ContainsFunc(s.Tags, tagged)
		})
	}), nil
}

// Remove deregisters an image, if it is there, and deletes its snapshots, too,
// as far as they have our tag. A snapshot that something else uses stays.
func Remove(ctx context.Context, c *ec2.Client, image types.Image, snapshots bool) error {
	if !snapshots {
		return RemoveWith(ctx, c, image, nil)
	}
	all, err := ours(ctx, c, image)
	if err != nil {
		return err
	}
	return RemoveWith(ctx, c, image, all)
}

// RemoveWith deregisters an image, if it is there, and deletes these snapshots,
// but for those that something else uses.
func RemoveWith(ctx context.Context, c *ec2.Client, image types.Image, snapshots []string) error {
	id := aws.ToString(image.ImageId)
	_, err := c.DeregisterImage(ctx, &ec2.DeregisterImageInput{ImageId: aws.String(id)})
	if gone := []string{"InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"}; err != nil && !slices.Contains(gone, access.Code(err)) {
		return access.Explain(err, id)
	}
	var errs []error
	for _, s := range snapshots {
		_, err := c.DeleteSnapshot(ctx, &ec2.DeleteSnapshotInput{SnapshotId: aws.String(s)})
		if kept := []string{"InvalidSnapshot.NotFound", "InvalidSnapshot.InUse"}; err != nil && !slices.Contains(kept, access.Code(err)) {
			errs = append(errs, access.Explain(err, s))
		}
	}
	return errors.Join(errs...)
}

// Stand says which of the AMIs of an artifact's id, "region:ami,...", is not
// there any more.
func Stand(ctx context.Context, client func(region string) *ec2.Client, ids string) error {
	for one := range strings.SplitSeq(ids, ",") {
		region, id, ok := strings.Cut(one, ":")
		if !ok {
			return errors.New("no AMI was made")
		}
		found, err := Describe(ctx, client(region), id)
		if err != nil {
			return err
		}
		if found.State != types.ImageStateAvailable {
			return fmt.Errorf("the AMI %s is %s", id, found.State)
		}
	}
	return nil
}
