// Package rehearsal asks EC2 whether the calls of a build's beginning would
// succeed.
package rehearsal

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/together"
)

// Calls are those to rehearse.
type Calls struct {
	Launch *ec2.RunInstancesInput
	Key    bool   // a key pair is made
	Group  bool   // a security group is made
	VPC    string // of the group; "" is the default one
}

// Run makes all the calls as dry runs, and joins their errors.
func (r Calls) Run(ctx context.Context, c *ec2.Client) error {
	const name = "packer_dry-run"
	r.Launch.DryRun = aws.Bool(true)
	calls := []func() error{func() error {
		_, err := c.RunInstances(ctx, r.Launch)
		return dry(err, aws.ToString(r.Launch.ImageId))
	}}
	if r.Key {
		calls = append(calls, func() error {
			_, err := c.CreateKeyPair(ctx, &ec2.CreateKeyPairInput{KeyName: aws.String(name), DryRun: aws.Bool(true)})
			return dry(err, "a key pair")
		})
	}
	if r.Group {
		in := &ec2.CreateSecurityGroupInput{GroupName: aws.String(name), Description: aws.String("Temporary group for Ovenbird"), DryRun: aws.Bool(true)}
		if r.VPC != "" {
			in.VpcId = aws.String(r.VPC)
		}
		calls = append(calls, func() error {
			_, err := c.CreateSecurityGroup(ctx, in)
			return dry(err, "a security group")
		})
	}
	return together.Do(calls...)
}

// dry is the error of a rehearsed call, nil when it would have succeeded.
func dry(err error, resource string) error {
	switch {
	case err == nil:
		return fmt.Errorf("a dry run of %s was done in earnest", resource)
	case access.Code(err) == "DryRunOperation":
		return nil
	}
	return access.Explain(err, resource)
}
