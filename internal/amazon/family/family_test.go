package family

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/amazontest"
	"github.com/ovenbird-io/ovenbird/internal/amazon/ami"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/amazon/policy"
	"github.com/ovenbird-io/ovenbird/internal/ec2box"
)

func TestJudge(t *testing.T) {
	now := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	at := func(family, region, id, state string, days int) Member {
		return Member{Family: family, Region: region, ID: id, State: state, Made: now.AddDate(0, 0, -days)}
	}
	all := []Member{
		at("a", "eu", "a1", "pending", 0), at("a", "eu", "a2", "available", 1), at("a", "eu", "a3", "failed", 2), at("a", "eu", "a4", "available", 10), at("a", "eu", "a5", "available", 20),
		at("a", "us", "u1", "available", 30), at("a", "us", "u2", "available", 40),
		at("b", "eu", "b1", "available", 50),
	}
	day := 24 * time.Hour
	for name, c := range map[string]struct {
		rule Rule
		want string // that go
	}{
		"the newest":      {Rule{Keep: 1}, "a3 a4 a5 u2"},
		"the newest two":  {Rule{Keep: 2}, "a3 a5"},
		"all of them":     {Rule{Keep: 9}, "a3"},
		"by age":          {Rule{Keep: 0, OlderThan: 15 * day}, "a3 a5 u1 u2 b1"},
		"by both":         {Rule{Keep: 1, OlderThan: 15 * day}, "a3 a5 u2"},
		"nothing is kept": {Rule{}, "a2 a3 a4 a5 u1 u2 b1"},
	} {
		t.Run(name, func(t *testing.T) {
			c.rule.Now = now
			var got []string
			for _, v := range c.rule.Judge(all) {
				if v.Goes {
					got = append(got, v.ID)
				}
				if v.Goes != (v.Why == "") {
					t.Errorf("%s: %q", v.ID, v.Why)
				}
			}
			if text := strings.Join(got, " "); text != c.want {
				t.Errorf("got %s, want %s", text, c.want)
			}
		})
	}
}

// TestPrune has members that somebody uses, each in another way, and one that goes.
func TestPrune(t *testing.T) {
	l := amazontest.New(t)
	ctx := t.Context()
	machine := l.Launch(l.Image, "", nil)
	own := journal.Tags("r", "web/amazon-ebs.web", time.Time{})
	ids := map[string]string{}
	made := map[string]types.Image{}
	for _, name := range []string{"free", "running", "templated", "configured", "scaled", "shared", "protected", "parameter", "foreign", "unfinished", ami.DraftName("web")} {
		tags := own
		switch name {
		case "foreign":
			tags = nil
		case "unfinished":
			tags = journal.Tags("r", "web/amazon-ebs.web", time.Now())
		}
		made[name] = l.Bake(machine, name, tags)
		ids[*made[name].ImageId] = name
	}
	l.Launch(*made["running"].ImageId, "", nil)
	template := func(name, image string) string {
		out, err := l.EC2.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: &name, LaunchTemplateData: &types.RequestLaunchTemplateData{ImageId: &image, InstanceType: types.InstanceTypeT3Micro}})
		if err != nil {
			t.Fatal(err)
		}
		return *out.LaunchTemplate.LaunchTemplateId
	}
	id := template("web", *made["templated"].ImageId)
	if _, err := l.EC2.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{LaunchTemplateId: &id, LaunchTemplateData: &types.RequestLaunchTemplateData{ImageId: &l.Image}}); err != nil {
		t.Fatal(err)
	}
	scaled := template("scaled", *made["scaled"].ImageId)
	group := &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("fleet"), MinSize: aws.Int32(0), MaxSize: aws.Int32(0), AvailabilityZones: []string{"eu-west-1a"},
		LaunchTemplate: &astypes.LaunchTemplateSpecification{LaunchTemplateId: &scaled, Version: aws.String("1")},
	}
	if _, err := l.AutoScaling("").CreateAutoScalingGroup(ctx, group); err != nil {
		t.Fatal(err)
	}
	if _, err := l.AutoScaling("").CreateLaunchConfiguration(ctx, &autoscaling.CreateLaunchConfigurationInput{LaunchConfigurationName: aws.String("old"), ImageId: made["configured"].ImageId, InstanceType: aws.String("t3.micro")}); err != nil {
		t.Fatal(err)
	}
	share := &ec2.ModifyImageAttributeInput{ImageId: made["shared"].ImageId, LaunchPermission: &types.LaunchPermissionModifications{Add: []types.LaunchPermission{{UserId: aws.String("999999999999")}}}}
	if _, err := l.EC2.ModifyImageAttribute(ctx, share); err != nil {
		t.Fatal(err)
	}
	if _, err := l.EC2.EnableImageDeregistrationProtection(ctx, &ec2.EnableImageDeregistrationProtectionInput{ImageId: made["protected"].ImageId}); err != nil {
		t.Fatal(err)
	}
	before := len(l.Calls())
	going := prune(t, l, ids, Rule{Now: time.Now()}, map[string]string{
		"running": "the instance i-", "templated": "version 1 of the launch template " + id + " (web) uses it", "configured": "the launch configuration old uses it",
		"scaled": ", which the Auto Scaling group fleet has uses it", "shared": "999999999999 may launch it", "protected": "it is protected",
	})
	allowed(t, l.Calls()[before:])
	if got := strings.Join(going, " "); got != "free parameter" {
		t.Errorf("%s went", got)
	}
	going = prune(t, l, ids, Rule{Now: time.Now(), Shared: true}, nil)
	if got := strings.Join(going, " "); got != "shared" {
		t.Errorf("then %s went", got)
	}
	if n := l.Inspect().Counts()["snapshot"]; n != 8 {
		t.Errorf("%d snapshots are left of 11, and 3 AMIs went", n)
	}
}

// allowed has every call be among the rights.
func allowed(t *testing.T, calls []string) {
	t.Helper()
	for _, call := range calls {
		if !slices.Contains(policy.Calls(Rights()), call) {
			t.Errorf("%s was called, and is not among the rights", call)
		}
	}
}

// prune removes what goes, and gives its names; kept says why others stay.
func prune(t *testing.T, l *amazontest.Lab, ids map[string]string, r Rule, kept map[string]string) []string {
	t.Helper()
	all, err := List(t.Context(), l.Account, []string{amazontest.Region})
	if err != nil {
		t.Fatal(err)
	}
	verdicts := r.Judge(all)
	if err := r.Spare(t.Context(), l.Account, verdicts); err != nil {
		t.Fatal(err)
	}
	var going []string
	for _, v := range verdicts {
		name := ids[v.ID]
		switch why := kept[name]; {
		case v.Goes:
			going = append(going, name)
			if err := v.Remove(t.Context(), l.Account); err != nil {
				t.Error(err)
			}
		case !strings.Contains(v.Why, why):
			t.Errorf("%s stays: %s", name, v.Why)
		}
	}
	slices.Sort(going)
	return going
}

// TestUnknownUsers has nobody able to tell who uses what: then nothing goes.
func TestUnknownUsers(t *testing.T) {
	l := amazontest.New(t)
	l.Bake(l.Launch(l.Image, "", nil), "web", journal.Tags("r", "t", time.Time{}))
	for _, action := range []string{"DescribeInstances", "DescribeLaunchTemplates", "DescribeAutoScalingGroups", "DescribeLaunchConfigurations"} {
		l.Inject(ec2box.Fault{Action: action, Code: map[bool]string{true: "AccessDenied", false: "UnauthorizedOperation"}[strings.Contains(action, "Auto") || strings.Contains(action, "Conf")]})
		all, err := List(t.Context(), l.Account, []string{amazontest.Region})
		if err != nil || len(all) != 1 || all[0].Name != "web" || all[0].SizeGiB != 8 {
			t.Fatalf("got %+v, %v", all, err)
		}
		r := Rule{Now: time.Now()}
		err = r.Spare(t.Context(), l.Account, r.Judge(all))
		if got := fmt.Sprint(err); !strings.HasPrefix(got, "finding out who uses images in eu-west-1: "+action) || !strings.Contains(got, "allow ") {
			t.Errorf("%s: %v", action, err)
		}
	}
}

// TestTheirSnapshot prunes an AMI that stands on a snapshot without our tag.
func TestTheirSnapshot(t *testing.T) {
	l := amazontest.New(t)
	made := l.Bake(l.Launch(l.Image, "", nil), "web", journal.Tags("r", "t", time.Time{}))
	theirs := image.Snapshots(made)[0]
	_, err := l.EC2.DeleteTags(t.Context(), &ec2.DeleteTagsInput{Resources: []string{theirs}, Tags: []types.Tag{{Key: aws.String(journal.MadeByTag)}}})
	if err != nil {
		t.Fatal(err)
	}
	going := prune(t, l, map[string]string{*made.ImageId: "web"}, Rule{Now: time.Now()}, nil)
	if left := l.Inspect().Of("snapshot"); len(going) != 1 || len(l.Inspect().Of("image")) != 0 || len(left) != 1 || left[0].ID != theirs {
		t.Errorf("%v went, left %+v", going, left)
	}
}
