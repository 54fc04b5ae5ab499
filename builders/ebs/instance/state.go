package instance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
)

// Limits of how long an instance may take.
const (
	startLimit = 10 * time.Minute
	stopLimit  = 20 * time.Minute
	endLimit   = 20 * time.Minute
)

// EndedError is an instance that is gone although nobody here ended it.
type EndedError struct{ ID, State, Reason string }

func (e *EndedError) Error() string {
	text := fmt.Sprintf("the instance %s is %s", e.ID, e.State)
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// Describe gives an instance by its id, nil if there is none.
func Describe(ctx context.Context, c *ec2.Client, id string) (*types.Instance, error) {
	got, err := c.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	switch {
	case access.Code(err) == "InvalidInstanceID.NotFound":
		return nil, nil //nolint:nilnil // the comment says so
	case err != nil:
		return nil, access.Explain(err, id)
	}
	for _, r := range got.Reservations {
		for i := range r.Instances {
			return &r.Instances[i], nil
		}
	}
	return nil, nil //nolint:nilnil // the comment says so
}

func ended(i *types.Instance) error {
	e := &EndedError{ID: aws.ToString(i.InstanceId), State: string(i.State.Name), Reason: aws.ToString(i.StateTransitionReason)}
	if i.StateReason != nil && i.StateReason.Message != nil {
		e.Reason = *i.StateReason.Message
	}
	return e
}

func state(i *types.Instance) types.InstanceStateName {
	if i == nil || i.State == nil {
		return types.InstanceStateNamePending
	}
	return i.State.Name
}

// Address waits until the instance has the address that ssh_interface names,
// and may be before it runs: whoever connects waits for that. Without
// ssh_interface an instance that runs without a public address has a private one.
func (o *Options) Address(ctx context.Context, c *ec2.Client, id string) (host string, i *types.Instance, err error) {
	running := 0
	err = access.Poll(ctx, startLimit, "an address of "+id, func(ctx context.Context) (bool, error) {
		if i, err = Describe(ctx, c, id); err != nil {
			return false, err
		}
		switch state(i) {
		case types.InstanceStateNamePending:
		case types.InstanceStateNameRunning:
			running++
		default:
			return false, ended(i)
		}
		if i == nil {
			return false, nil
		}
		if host = o.host(i); host == "" && o.SSHInterface == "" && running > 2 {
			host = aws.ToString(i.PrivateIpAddress)
		}
		return host != "", nil
	})
	if i == nil && err == nil {
		err = errors.New("the instance " + id + " is not to be found")
	}
	return host, i, err
}

// Running waits until the instance runs.
func Running(ctx context.Context, c *ec2.Client, id string) (i *types.Instance, err error) {
	err = access.Poll(ctx, startLimit, id+" to run", func(ctx context.Context) (bool, error) {
		if i, err = Describe(ctx, c, id); err != nil {
			return false, err
		}
		return state(i) != types.InstanceStateNamePending, nil // it may have stopped already
	})
	return i, err
}

// host is the address to connect to, "" when it is not there (yet).
func (o *Options) host(i *types.Instance) string {
	switch o.SSHInterface {
	case "private_ip":
		return aws.ToString(i.PrivateIpAddress)
	case "public_dns":
		return aws.ToString(i.PublicDnsName)
	case "private_dns":
		return aws.ToString(i.PrivateDnsName)
	case "ipv6":
		for _, card := range i.NetworkInterfaces {
			for _, a := range card.Ipv6Addresses {
				return aws.ToString(a.Ipv6Address)
			}
		}
		return aws.ToString(i.Ipv6Address)
	}
	return aws.ToString(i.PublicIpAddress)
}

// Stop stops the instance, unless it does so itself, and waits until it has.
func Stop(ctx context.Context, c *ec2.Client, id string, itself bool) error {
	if !itself {
		if _, err := c.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}}); err != nil {
			return access.Explain(err, id)
		}
	}
	return access.Poll(ctx, stopLimit, id+" to stop", func(ctx context.Context) (bool, error) {
		i, err := Describe(ctx, c, id)
		if err != nil || i == nil {
			return false, err
		}
		switch state(i) {
		case types.InstanceStateNameStopped:
			return true, nil
		case types.InstanceStateNameTerminated, types.InstanceStateNameShuttingDown:
			return false, fmt.Errorf("%w; if a step shuts it down, set disable_stop_instance = true", ended(i))
		}
		return false, nil
	})
}

// Terminate ends the instance and waits until it has ended, so that nothing it
// used is in use any more; what is gone is no error.
func Terminate(ctx context.Context, c *ec2.Client, id string) error {
	_, err := c.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{id}})
	if access.Code(err) == "InvalidInstanceID.NotFound" {
		return nil
	}
	if err != nil {
		return access.Explain(err, id)
	}
	return access.Poll(ctx, endLimit, id+" to end", func(ctx context.Context) (bool, error) {
		i, err := Describe(ctx, c, id)
		return err == nil && (i == nil || state(i) == types.InstanceStateNameTerminated), err
	})
}

// Left are the volumes of an instance that would stay when it ends.
func Left(i *types.Instance) []string {
	var all []string
	for _, m := range i.BlockDeviceMappings {
		if m.Ebs != nil && m.Ebs.DeleteOnTermination != nil && !*m.Ebs.DeleteOnTermination {
			all = append(all, aws.ToString(m.Ebs.VolumeId))
		}
	}
	return all
}

// DeleteVolume deletes a volume; what is gone is no error.
func DeleteVolume(ctx context.Context, c *ec2.Client, id string) error {
	_, err := c.DeleteVolume(ctx, &ec2.DeleteVolumeInput{VolumeId: aws.String(id)})
	if err != nil && access.Code(err) != "InvalidVolume.NotFound" {
		return access.Explain(err, id)
	}
	return nil
}
