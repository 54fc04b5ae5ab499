// Package listing gives single operations of a client to the SDK's paginators.
// Those take interfaces, and what is once turned into an interface keeps all of
// its methods in the program, as text/template calls methods by name: with the
// client itself, the hundreds of operations of EC2 take 40 MB.
package listing

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

type call[In, Out, Option any] = func(context.Context, *In, ...func(*Option)) (*Out, error)

// Images is DescribeImages of a client.
type Images call[ec2.DescribeImagesInput, ec2.DescribeImagesOutput, ec2.Options]

// DescribeImages calls it.
func (f Images) DescribeImages(ctx context.Context, in *ec2.DescribeImagesInput, options ...func(*ec2.Options)) (*ec2.DescribeImagesOutput, error) {
	return f(ctx, in, options...)
}

// Instances is DescribeInstances of a client.
type Instances call[ec2.DescribeInstancesInput, ec2.DescribeInstancesOutput, ec2.Options]

// DescribeInstances calls it.
func (f Instances) DescribeInstances(ctx context.Context, in *ec2.DescribeInstancesInput, options ...func(*ec2.Options)) (*ec2.DescribeInstancesOutput, error) {
	return f(ctx, in, options...)
}

// LaunchTemplates is DescribeLaunchTemplates of a client.
type LaunchTemplates call[ec2.DescribeLaunchTemplatesInput, ec2.DescribeLaunchTemplatesOutput, ec2.Options]

// DescribeLaunchTemplates calls it.
func (f LaunchTemplates) DescribeLaunchTemplates(ctx context.Context, in *ec2.DescribeLaunchTemplatesInput, options ...func(*ec2.Options)) (*ec2.DescribeLaunchTemplatesOutput, error) {
	return f(ctx, in, options...)
}

// LaunchTemplateVersions is DescribeLaunchTemplateVersions of a client.
type LaunchTemplateVersions call[ec2.DescribeLaunchTemplateVersionsInput, ec2.DescribeLaunchTemplateVersionsOutput, ec2.Options]

// DescribeLaunchTemplateVersions calls it.
func (f LaunchTemplateVersions) DescribeLaunchTemplateVersions(ctx context.Context, in *ec2.DescribeLaunchTemplateVersionsInput, options ...func(*ec2.Options)) (*ec2.DescribeLaunchTemplateVersionsOutput, error) {
	return f(ctx, in, options...)
}

// SecurityGroups is DescribeSecurityGroups of a client.
type SecurityGroups call[ec2.DescribeSecurityGroupsInput, ec2.DescribeSecurityGroupsOutput, ec2.Options]

// DescribeSecurityGroups calls it.
func (f SecurityGroups) DescribeSecurityGroups(ctx context.Context, in *ec2.DescribeSecurityGroupsInput, options ...func(*ec2.Options)) (*ec2.DescribeSecurityGroupsOutput, error) {
	return f(ctx, in, options...)
}

// Snapshots is DescribeSnapshots of a client.
type Snapshots call[ec2.DescribeSnapshotsInput, ec2.DescribeSnapshotsOutput, ec2.Options]

// DescribeSnapshots calls it.
func (f Snapshots) DescribeSnapshots(ctx context.Context, in *ec2.DescribeSnapshotsInput, options ...func(*ec2.Options)) (*ec2.DescribeSnapshotsOutput, error) {
	return f(ctx, in, options...)
}

// Volumes is DescribeVolumes of a client.
type Volumes call[ec2.DescribeVolumesInput, ec2.DescribeVolumesOutput, ec2.Options]

// DescribeVolumes calls it.
func (f Volumes) DescribeVolumes(ctx context.Context, in *ec2.DescribeVolumesInput, options ...func(*ec2.Options)) (*ec2.DescribeVolumesOutput, error) {
	return f(ctx, in, options...)
}

// AutoScalingGroups is DescribeAutoScalingGroups of a client.
type AutoScalingGroups call[autoscaling.DescribeAutoScalingGroupsInput, autoscaling.DescribeAutoScalingGroupsOutput, autoscaling.Options]

// DescribeAutoScalingGroups calls it.
func (f AutoScalingGroups) DescribeAutoScalingGroups(ctx context.Context, in *autoscaling.DescribeAutoScalingGroupsInput, options ...func(*autoscaling.Options)) (*autoscaling.DescribeAutoScalingGroupsOutput, error) {
	return f(ctx, in, options...)
}

// LaunchConfigurations is DescribeLaunchConfigurations of a client.
type LaunchConfigurations call[autoscaling.DescribeLaunchConfigurationsInput, autoscaling.DescribeLaunchConfigurationsOutput, autoscaling.Options]

// DescribeLaunchConfigurations calls it.
func (f LaunchConfigurations) DescribeLaunchConfigurations(ctx context.Context, in *autoscaling.DescribeLaunchConfigurationsInput, options ...func(*autoscaling.Options)) (*autoscaling.DescribeLaunchConfigurationsOutput, error) {
	return f(ctx, in, options...)
}

// InstanceProfiles is ListInstanceProfiles of a client.
type InstanceProfiles call[iam.ListInstanceProfilesInput, iam.ListInstanceProfilesOutput, iam.Options]

// ListInstanceProfiles calls it.
func (f InstanceProfiles) ListInstanceProfiles(ctx context.Context, in *iam.ListInstanceProfilesInput, options ...func(*iam.Options)) (*iam.ListInstanceProfilesOutput, error) {
	return f(ctx, in, options...)
}

// Roles is ListRoles of a client.
type Roles call[iam.ListRolesInput, iam.ListRolesOutput, iam.Options]

// ListRoles calls it.
func (f Roles) ListRoles(ctx context.Context, in *iam.ListRolesInput, options ...func(*iam.Options)) (*iam.ListRolesOutput, error) {
	return f(ctx, in, options...)
}
