package gc

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/amazon/usage"
)

// region is one that is being swept.
type region struct {
	*collector
	name  string
	ec2   *ec2.Client
	users *usage.Users      // nil until they are asked for
	on    map[string]string // snapshot to the AMI that stands on it
}

// kind is one kind of things.
type kind struct {
	name   string
	used   bool // others may use it, which EC2 need not mind
	find   func(r *region, ctx context.Context) ([]Item, error)
	lookUp func(r *region, ctx context.Context, e journal.Entry) (ids []string, err error) // by token or unique name; nil for none
	remove func(r *region, ctx context.Context, i *Item) error
}

// kinds are all that EC2 has of ours, each before what it depends on.
func kinds() []kind {
	return []kind{
		{name: "instance", find: (*region).instances, lookUp: (*region).launched, remove: (*region).terminate},
		{name: "image", used: true, find: (*region).images, remove: (*region).deregister},
		{name: "snapshot", used: true, find: (*region).snapshots, remove: (*region).deleteSnapshot},
		{name: "volume", find: (*region).volumes, remove: (*region).deleteVolume},
		{name: "launch-template", find: (*region).templates, remove: (*region).deleteTemplate},
		{name: "key-pair", find: (*region).keys, lookUp: (*region).named, remove: (*region).deleteKey},
		{name: "security-group", find: (*region).groups, lookUp: (*region).groupNamed, remove: (*region).deleteGroup},
	}
}

// ours selects what has our tag.
func ours() []types.Filter { return []types.Filter{filter("tag:"+journal.MadeByTag, journal.MadeBy)} }

func filter(name string, values ...string) types.Filter {
	return types.Filter{Name: aws.String(name), Values: values}
}

func (r *region) item(id, name *string, tags []types.Tag) Item {
	i := Item{ID: aws.ToString(id), Name: aws.ToString(name), Region: r.name, Tags: map[string]string{}}
	for _, t := range tags {
		i.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return i
}

// gather collects the items of all pages.
func gather[P any](ctx context.Context, what string, more func() bool, next func(context.Context) (P, error), items func(P) []Item) ([]Item, error) {
	var all []Item
	for more() {
		page, err := next(ctx)
		if err != nil {
			return nil, access.Explain(err, what)
		}
		for _, i := range items(page) {
			if i.Tags[journal.MadeByTag] == journal.MadeBy { // not every server filters as EC2 does
				all = append(all, i)
			}
		}
	}
	return all, nil
}

func (r *region) instances(ctx context.Context) ([]Item, error) {
	p := ec2.NewDescribeInstancesPaginator(r.ec2, &ec2.DescribeInstancesInput{Filters: ours()})
	next := func(ctx context.Context) (*ec2.DescribeInstancesOutput, error) { return p.NextPage(ctx) }
	return gather(ctx, "our instances", p.HasMorePages, next, func(page *ec2.DescribeInstancesOutput) (all []Item) {
		for _, reservation := range page.Reservations {
			for _, i := range reservation.Instances {
				if i.State == nil || i.State.Name != types.InstanceStateNameTerminated {
					all = append(all, r.item(i.InstanceId, nil, i.Tags))
				}
			}
		}
		return all
	})
}

// launched gives the instances of one call of RunInstances.
func (r *region) launched(ctx context.Context, e journal.Entry) ([]string, error) {
	if e.Token == "" {
		return nil, nil
	}
	got, err := r.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: []types.Filter{filter("client-token", e.Token)}})
	if err != nil {
		return nil, access.Explain(err, "the instance of the call "+e.Token)
	}
	var ids []string
	for _, reservation := range got.Reservations {
		for _, i := range reservation.Instances {
			if aws.ToString(i.ClientToken) == e.Token && (i.State == nil || i.State.Name != types.InstanceStateNameTerminated) {
				ids = append(ids, aws.ToString(i.InstanceId))
			}
		}
	}
	return ids, nil
}

func (r *region) images(ctx context.Context) ([]Item, error) {
	p := ec2.NewDescribeImagesPaginator(r.ec2, &ec2.DescribeImagesInput{Owners: []string{"self"}, Filters: ours(), IncludeDeprecated: aws.Bool(true)})
	next := func(ctx context.Context) (*ec2.DescribeImagesOutput, error) { return p.NextPage(ctx) }
	return gather(ctx, "our AMIs", p.HasMorePages, next, func(page *ec2.DescribeImagesOutput) (all []Item) {
		for _, i := range page.Images {
			all = append(all, r.item(i.ImageId, i.Name, i.Tags))
			for _, s := range image.Snapshots(i) {
				r.on[s] = aws.ToString(i.ImageId)
			}
		}
		return all
	})
}

func (r *region) snapshots(ctx context.Context) ([]Item, error) {
	p := ec2.NewDescribeSnapshotsPaginator(r.ec2, &ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}, Filters: ours()})
	next := func(ctx context.Context) (*ec2.DescribeSnapshotsOutput, error) { return p.NextPage(ctx) }
	return gather(ctx, "our snapshots", p.HasMorePages, next, func(page *ec2.DescribeSnapshotsOutput) (all []Item) {
		for _, s := range page.Snapshots {
			all = append(all, r.item(s.SnapshotId, nil, s.Tags))
		}
		return all
	})
}

func (r *region) volumes(ctx context.Context) ([]Item, error) {
	p := ec2.NewDescribeVolumesPaginator(r.ec2, &ec2.DescribeVolumesInput{Filters: ours()})
	next := func(ctx context.Context) (*ec2.DescribeVolumesOutput, error) { return p.NextPage(ctx) }
	return gather(ctx, "our volumes", p.HasMorePages, next, func(page *ec2.DescribeVolumesOutput) (all []Item) {
		for _, v := range page.Volumes {
			all = append(all, r.item(v.VolumeId, nil, v.Tags))
		}
		return all
	})
}

func (r *region) templates(ctx context.Context) ([]Item, error) {
	p := ec2.NewDescribeLaunchTemplatesPaginator(r.ec2, &ec2.DescribeLaunchTemplatesInput{Filters: ours()})
	next := func(ctx context.Context) (*ec2.DescribeLaunchTemplatesOutput, error) { return p.NextPage(ctx) }
	all, err := gather(ctx, "our launch templates", p.HasMorePages, next, func(page *ec2.DescribeLaunchTemplatesOutput) (all []Item) {
		for _, t := range page.LaunchTemplates {
			all = append(all, r.item(t.LaunchTemplateId, t.LaunchTemplateName, t.Tags))
		}
		return all
	})
	if r.Account.Lacks(err) { // then there are none
		return nil, nil
	}
	return all, err
}

func (r *region) keys(ctx context.Context) ([]Item, error) {
	got, err := r.ec2.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{Filters: ours()})
	if err != nil {
		return nil, access.Explain(err, "our key pairs")
	}
	var all []Item
	for _, k := range got.KeyPairs {
		if i := r.item(k.KeyPairId, k.KeyName, k.Tags); i.Tags[journal.MadeByTag] == journal.MadeBy {
			all = append(all, i)
		}
	}
	return all, nil
}

// named is a key pair by its name, which is as good as its id.
func (r *region) named(ctx context.Context, e journal.Entry) ([]string, error) {
	if !unique(e.Name) {
		return nil, nil
	}
	got, err := r.ec2.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{KeyNames: []string{e.Name}})
	if err != nil {
		if access.Code(err) == "InvalidKeyPair.NotFound" {
			return nil, nil
		}
		return nil, access.Explain(err, e.Name)
	}
	var ids []string
	for _, k := range got.KeyPairs {
		ids = append(ids, aws.ToString(k.KeyName))
	}
	return ids, nil
}

func (r *region) groups(ctx context.Context) ([]Item, error) {
	p := ec2.NewDescribeSecurityGroupsPaginator(r.ec2, &ec2.DescribeSecurityGroupsInput{Filters: ours()})
	next := func(ctx context.Context) (*ec2.DescribeSecurityGroupsOutput, error) { return p.NextPage(ctx) }
	return gather(ctx, "our security groups", p.HasMorePages, next, func(page *ec2.DescribeSecurityGroupsOutput) (all []Item) {
		for _, g := range page.SecurityGroups {
			all = append(all, r.item(g.GroupId, g.GroupName, g.Tags))
		}
		return all
	})
}

func (r *region) groupNamed(ctx context.Context, e journal.Entry) ([]string, error) {
	if !unique(e.Name) || strings.HasPrefix(e.Name, "sg-") {
		return nil, nil
	}
	got, err := r.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{filter("group-name", e.Name)}})
	if err != nil {
		return nil, access.Explain(err, e.Name)
	}
	var ids []string
	for _, g := range got.SecurityGroups {
		if aws.ToString(g.GroupName) == e.Name {
			ids = append(ids, aws.ToString(g.GroupId))
		}
	}
	return ids, nil
}
