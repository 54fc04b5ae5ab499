package gc

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/amazon/usage"
)

// sort keeps what somebody uses.
func (r *region) sort(ctx context.Context, all []Item) error {
	if r.users == nil {
		var err error
		if r.users, err = usage.Find(ctx, r.Account, r.name); err != nil {
			return err
		}
	}
	for n := range all {
		by := r.users.Of(all[n].ID)
		if ami, ok := r.on[all[n].ID]; ok {
			by = append(by, "the AMI "+ami)
		}
		if len(by) > 0 {
			all[n].Outcome, all[n].Why = Kept, strings.Join(by, " and ")+" uses it"
		}
	}
	return nil
}

// gone takes the error of a removal: codes that end in NotFound say that there
// was nothing to remove, and others that something uses it.
func gone(i *Item, err error, inUse ...string) error {
	code := access.Code(err)
	for _, c := range inUse {
		if code == c {
			i.Outcome, i.Why = Kept, access.Explain(err, i.ID).Error()
			return nil
		}
	}
	if strings.HasSuffix(code, ".NotFound") || strings.HasSuffix(code, "NotFoundException") || code == "InvalidAMIID.Unavailable" {
		return nil
	}
	return access.Explain(err, i.Label())
}

// Limits of how long things may take to go.
const (
	terminateLimit = 15 * time.Minute
	groupLimit     = 2 * time.Minute
	volumeLimit    = 2 * time.Minute
)

// terminate ends an instance, and waits until it has: what it used cannot go before.
func (r *region) terminate(ctx context.Context, i *Item) error {
	if _, err := r.ec2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{i.ID}}); err != nil {
		return gone(i, err)
	}
	return access.Poll(ctx, terminateLimit, "the instance "+i.ID+" to end", func(ctx context.Context) (bool, error) {
		got, err := r.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{i.ID}})
		if err != nil || len(got.Reservations) == 0 || len(got.Reservations[0].Instances) == 0 {
			err = gone(i, err)
			return err == nil, err
		}
		s := got.Reservations[0].Instances[0].State
		return s != nil && s.Name == types.InstanceStateNameTerminated, nil
	})
}

func (r *region) deregister(ctx context.Context, i *Item) error {
	got, err := r.ec2.DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: []string{i.ID}})
	if err != nil || len(got.Images) == 0 {
		return gone(i, err)
	}
	return image.Remove(ctx, r.ec2, got.Images[0], true)
}

func (r *region) deleteSnapshot(ctx context.Context, i *Item) error {
	_, err := r.ec2.DeleteSnapshot(ctx, &ec2.DeleteSnapshotInput{SnapshotId: aws.String(i.ID)})
	return gone(i, err, "InvalidSnapshot.InUse")
}

// deleteVolume deletes a volume that nothing has attached any more.
func (r *region) deleteVolume(ctx context.Context, i *Item) error {
	return access.Poll(ctx, volumeLimit, "the end of "+i.ID, func(ctx context.Context) (bool, error) {
		got, err := r.ec2.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{VolumeIds: []string{i.ID}})
		if err != nil || len(got.Volumes) == 0 {
			err = gone(i, err)
			return err == nil, err
		}
		switch v := got.Volumes[0]; v.State {
		case types.VolumeStateInUse:
			for _, a := range v.Attachments {
				i.Outcome, i.Why = Kept, "the instance "+aws.ToString(a.InstanceId)+" has it"
			}
			return true, nil
		case types.VolumeStateCreating:
			return false, nil
		case types.VolumeStateDeleting, types.VolumeStateDeleted:
			return true, nil
		}
		_, err = r.ec2.DeleteVolume(ctx, &ec2.DeleteVolumeInput{VolumeId: aws.String(i.ID)})
		if access.Code(err) == "VolumeInUse" || access.Code(err) == "IncorrectState" {
			return false, nil
		}
		err = gone(i, err)
		return err == nil, err
	})
}

func (r *region) deleteTemplate(ctx context.Context, i *Item) error {
	in := &ec2.DeleteLaunchTemplateInput{LaunchTemplateId: aws.String(i.ID)}
	if !strings.HasPrefix(i.ID, "lt-") {
		in = &ec2.DeleteLaunchTemplateInput{LaunchTemplateName: aws.String(i.Name)}
	}
	_, err := r.ec2.DeleteLaunchTemplate(ctx, in)
	return gone(i, err)
}

func (r *region) deleteKey(ctx context.Context, i *Item) error {
	name := cmp.Or(i.Name, i.ID) // not every server knows ids
	_, err := r.ec2.DeleteKeyPair(ctx, &ec2.DeleteKeyPairInput{KeyName: aws.String(name)})
	return gone(i, err)
}

// deleteGroup deletes a security group; EC2 may take a while to notice that what
// used it is gone.
func (r *region) deleteGroup(ctx context.Context, i *Item) error {
	return access.Poll(ctx, groupLimit, "the end of "+i.ID, func(ctx context.Context) (bool, error) {
		_, err := r.ec2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: aws.String(i.ID)})
		if code := access.Code(err); code == "DependencyViolation" || code == "InvalidGroup.InUse" {
			return r.held(ctx, i), nil
		}
		err = gone(i, err)
		return err == nil, err
	})
}

// held keeps a group that an instance has which does not end.
func (r *region) held(ctx context.Context, i *Item) bool {
	got, err := r.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: []types.Filter{filter("instance.group-id", i.ID)}})
	if err != nil {
		return false // whoever has it shows in time
	}
	for _, reservation := range got.Reservations {
		for _, other := range reservation.Instances {
			if s := other.State; s != nil && (s.Name == types.InstanceStateNameRunning || s.Name == types.InstanceStateNameStopped || s.Name == types.InstanceStateNamePending) {
				i.Outcome, i.Why = Kept, "the instance "+aws.ToString(other.InstanceId)+" uses it"
				return true
			}
		}
	}
	return false
}
