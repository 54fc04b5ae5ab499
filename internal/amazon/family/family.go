// Package family knows the AMIs that this tool made, by the build that makes
// them, and prunes the old ones.
package family

import (
	"cmp"
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
	"github.com/ovenbird-io/ovenbird/internal/amazon/ami"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/amazon/policy"
	"github.com/ovenbird-io/ovenbird/internal/amazon/usage"
)

// Member is one AMI of a family.
type Member struct {
	Family    string // what the template and its build are called
	Region    string
	ID        string
	Name      string
	State     string
	Made      time.Time
	Launched  time.Time // when an instance of it was last seen to start, zero if not known
	SizeGiB   int64     // of its volumes
	Snapshots []string

	image types.Image
}

// List gives all finished AMIs of ours in these regions, family by family, the
// newest first.
func List(ctx context.Context, acc *access.Account, regions []string) ([]Member, error) {
	var all []Member
	for _, region := range regions {
		some, err := in(ctx, acc.EC2(region), region)
		if err != nil {
			return nil, fmt.Errorf("listing AMIs in %s: %w", region, err)
		}
		all = append(all, some...)
	}
	slices.SortStableFunc(all, func(a, b Member) int {
		return cmp.Or(cmp.Compare(a.Family, b.Family), cmp.Compare(a.Region, b.Region), b.Made.Compare(a.Made), cmp.Compare(b.ID, a.ID))
	})
	return all, nil
}

func in(ctx context.Context, c *ec2.Client, region string) ([]Member, error) {
	var all []Member
	pages := ec2.NewDescribeImagesPaginator(c, &ec2.DescribeImagesInput{
		Owners: []string{"self"}, IncludeDeprecated: aws.Bool(true),
		Filters: []types.Filter{{Name: aws.String("tag:" + journal.MadeByTag), Values: []string{journal.MadeBy}}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, access.Explain(err, "our AMIs")
		}
		for _, i := range page.Images {
			if m := member(i, region); m.Family != "" {
				all = append(all, m)
			}
		}
	}
	return all, nil
}

// member is an image as a member; it has no family unless we made and finished it.
func member(i types.Image, region string) Member {
	tags := map[string]string{}
	for _, t := range i.Tags {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	m := Member{Region: region, ID: aws.ToString(i.ImageId), Name: aws.ToString(i.Name), State: string(i.State), Snapshots: image.Snapshots(i), image: i}
	m.Made, _ = time.Parse(time.RFC3339, aws.ToString(i.CreationDate)) // zero is the oldest
	m.Launched, _ = time.Parse(time.RFC3339, aws.ToString(i.LastLaunchedTime))
	for _, d := range i.BlockDeviceMappings {
		if d.Ebs != nil {
			m.SizeGiB += int64(aws.ToInt32(d.Ebs.VolumeSize))
		}
	}
	if tags[journal.MadeByTag] == journal.MadeBy && tags[journal.ExpiresTag] == journal.Never && !ami.IsDraft(m.Name) {
		m.Family = cmp.Or(tags[journal.TemplateTag], "unknown")
	}
	return m
}

// Rule says which members may go.
type Rule struct {
	Keep      int           // how many of a family in a region stay, the newest
	OlderThan time.Duration // what is younger stays
	Shared    bool          // those go, too, that others may launch: nobody can see whether they do
	Now       time.Time
}

// Verdict is what becomes of a member, and why it stays.
type Verdict struct {
	Member
	Goes bool
	Why  string // "" when it goes
}

// Judge says which members go by age and number. The order is as List gives it.
func (r Rule) Judge(all []Member) []Verdict {
	var verdicts []Verdict
	newest := map[[2]string]int{}
	for _, m := range all {
		v := Verdict{Member: m}
		of := [2]string{m.Family, m.Region}
		switch {
		case m.State != string(types.ImageStateAvailable):
			v.Goes = m.State == string(types.ImageStateFailed) || m.State == string(types.ImageStateInvalid)
			v.Why = "it is " + m.State
		case newest[of] < r.Keep:
			v.Why = fmt.Sprintf("it is one of the newest %d", r.Keep)
			newest[of]++
		case r.Now.Sub(m.Made) < r.OlderThan:
			v.Why = "it is not old enough"
		default:
			v.Goes = true
		}
		if v.Goes {
			v.Why = ""
		}
		verdicts = append(verdicts, v)
	}
	return verdicts
}

// Spare keeps those of the members that go which somebody uses, or may use.
func (r Rule) Spare(ctx context.Context, acc *access.Account, all []Verdict) error {
	users := map[string]*usage.Users{}
	for n := range all {
		v := &all[n]
		if !v.Goes {
			continue
		}
		if users[v.Region] == nil {
			found, err := usage.Find(ctx, acc, v.Region)
			if err != nil {
				return err
			}
			users[v.Region] = found
		}
		by := users[v.Region].Of(v.ID)
		for _, s := range v.Snapshots {
			by = append(by, users[v.Region].Of(s)...)
		}
		shared := ""
		if len(by) == 0 && !r.Shared {
			var err error
			if shared, err = sharedWith(ctx, acc.EC2(v.Region), v.Member); err != nil {
				return err
			}
		}
		switch protection := aws.ToString(v.image.DeregistrationProtection); {
		case len(by) > 0:
			v.Goes, v.Why = false, strings.Join(by, " and ")+" uses it"
		case shared != "":
			v.Goes, v.Why = false, shared+" may launch it, and whether they do cannot be seen; -shared prunes it nonetheless"
		case strings.HasPrefix(protection, "enabled"):
			v.Goes, v.Why = false, "it is protected from being deregistered"
		}
	}
	return nil
}

// sharedWith says who else may launch an AMI.
func sharedWith(ctx context.Context, c *ec2.Client, m Member) (string, error) {
	if aws.ToBool(m.image.Public) {
		return "everybody", nil
	}
	got, err := c.DescribeImageAttribute(ctx, &ec2.DescribeImageAttributeInput{ImageId: aws.String(m.ID), Attribute: types.ImageAttributeNameLaunchPermission})
	if err != nil {
		return "", access.Explain(err, m.ID)
	}
	var all []string
	for _, p := range got.LaunchPermissions {
		all = append(all, cmp.Or(aws.ToString(p.UserId), aws.ToString(p.OrganizationArn), aws.ToString(p.OrganizationalUnitArn), string(p.Group)))
	}
	return strings.Join(all, ", "), nil
}

// Remove deregisters an AMI and deletes its snapshots that are ours, unless somebody else uses them.
func (m Member) Remove(ctx context.Context, acc *access.Account) error {
	c := acc.EC2(m.Region)
	err := image.Remove(ctx, c, m.image, true)
	return errors.Join(err, ctx.Err())
}

// Rights are what listing and pruning need.
func Rights() []policy.Right {
	all := append(usage.Rights(), policy.Any("ec2:DescribeImageAttribute", "ec2:DescribeImages", "ec2:DescribeRegions", "ec2:DescribeSnapshots")...)
	return append(all, policy.OfMade("ec2:DeleteSnapshot", "ec2:DeregisterImage")...)
}
