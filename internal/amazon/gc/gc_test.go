package gc

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/uuid"

	"github.com/ovenbird-io/ovenbird/internal/amazon/amazontest"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/amazon/policy"
	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
)

// lab is a sandbox, with what is made there and what gc says.
type lab struct {
	*amazontest.Lab
	dir string // of the journal
}

func newLab(t *testing.T) *lab {
	l := amazontest.New(t)
	return &lab{l, filepath.Join(l.State, "journal")}
}

func (l *lab) journal() *journal.Journal {
	l.Helper()
	j, err := journal.Open(l.dir)
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { _ = j.Close() })
	return j
}

// entry is of this account.
func (l *lab) entry(run, kind, name, id string) journal.Entry {
	return journal.Entry{Run: run, Region: amazontest.Region, Endpoint: l.URL, Account: "123456789012", Kind: kind, Name: name, ID: id}
}

// collect runs gc as a process of its own, and gives what it told.
func (l *lab) collect(change func(*Options)) (said []string, err error) {
	l.Helper()
	j := l.journal()
	defer j.Close()
	o := Options{Account: l.Account, Journal: j, Now: time.Now()}
	o.Tell = func(i Item) { said = append(said, fmt.Sprintf("%s %s %s: %s", i.Outcome, i.Kind, i.Label(), i.Why)) }
	o.Note = func(text string) { said = append(said, text) }
	if change != nil {
		change(&o)
	}
	return said, Collect(l.T.Context(), o)
}

// left is what is there, by kind.
func (l *lab) left() string {
	counts := l.Inspect().Counts()
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, fmt.Sprintf("%s %d", kind, counts[kind]))
	}
	return strings.Join(all, ", ")
}

// all makes one thing of each kind, as a build does, and gives their entries.
func (l *lab) all(run string, expires time.Time) []journal.Entry {
	l.Helper()
	ctx, own := l.T.Context(), journal.Tags(run, "web/amazon-ebs.web", expires)
	key, group, role, token := "packer_"+uuid.NewString(), "packer_"+uuid.NewString(), "packer-"+uuid.NewString(), uuid.NewString()
	amazontest.Must[*ec2.CreateKeyPairOutput](l.Lab)(l.EC2.CreateKeyPair(ctx, &ec2.CreateKeyPairInput{
		KeyName: &key, TagSpecifications: tags.Specifications(own, types.ResourceTypeKeyPair),
	}))
	made := amazontest.Must[*ec2.CreateSecurityGroupOutput](l.Lab)(l.EC2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		GroupName: &group, Description: aws.String("of a test"), TagSpecifications: tags.Specifications(own, types.ResourceTypeSecurityGroup),
	}))
	var iamTags []iamtypes.Tag
	for k, v := range own {
		iamTags = append(iamTags, iamtypes.Tag{Key: aws.String(k), Value: aws.String(v)})
	}
	c := l.IAM("")
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	amazontest.Must[*iam.CreateRoleOutput](l.Lab)(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &role, AssumeRolePolicyDocument: &trust, Tags: iamTags}))
	amazontest.Must[*iam.PutRolePolicyOutput](l.Lab)(c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &role, PolicyName: &role, PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`)}))
	amazontest.Must[*iam.CreateInstanceProfileOutput](l.Lab)(c.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: &role, Tags: iamTags}))
	amazontest.Must[*iam.AddRoleToInstanceProfileOutput](l.Lab)(c.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: &role, RoleName: &role}))
	template := amazontest.Must[*ec2.CreateLaunchTemplateOutput](l.Lab)(l.EC2.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String("packer-fleet-launch-template-" + run[:7]), LaunchTemplateData: &types.RequestLaunchTemplateData{ImageId: &l.Image},
		TagSpecifications: tags.Specifications(own, types.ResourceTypeLaunchTemplate),
	}))
	instance := l.Launch(l.Image, token, own, *made.GroupId)
	ami := l.Bake(instance, "web "+run, own)
	entries := []journal.Entry{
		l.entry(run, "key-pair", key, key), l.entry(run, "security-group", group, *made.GroupId),
		l.entry(run, "role", role, role), l.entry(run, "instance-profile", role, role),
		l.entry(run, "launch-template", *template.LaunchTemplate.LaunchTemplateName, *template.LaunchTemplate.LaunchTemplateId),
		l.entry(run, "instance", "t3.micro", instance), l.entry(run, "image", *ami.Name, *ami.ImageId),
	}
	entries[5].Token = token
	return entries
}

// write puts entries into the journal; ids says whether they come with ids.
func (l *lab) write(j *journal.Journal, entries []journal.Entry, ids bool) {
	l.Helper()
	for _, e := range entries {
		id := e.ID
		e.ID = ""
		claim, err := j.Intend(e)
		if err == nil && ids {
			err = claim.Made(id)
		}
		if err != nil {
			l.Fatal(err)
		}
	}
}

const everything = "image 1, instance 1, instance-profile 1, key-pair 1, launch-template 1, role 1, security-group 1, snapshot 1, volume 1"

func TestDeadRun(t *testing.T) {
	for name, c := range map[string]struct {
		expires time.Time
		journal bool // there is one
		ids     bool
	}{
		"from the journal":                    {time.Now().Add(time.Hour), true, true},
		"from the journal, killed in a call":  {time.Now().Add(time.Hour), true, false},
		"from tags alone":                     {time.Now().Add(-time.Minute), false, false},
		"from both, and what they say agrees": {time.Now().Add(-time.Minute), true, true},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			entries := l.all(uuid.NewString(), c.expires)
			if got := l.left(); got != everything {
				t.Fatalf("made: %s", got)
			}
			if c.journal {
				j := l.journal()
				l.write(j, entries, c.ids)
				if said, err := l.collect(nil); err != nil || l.left() != everything {
					t.Fatalf("its run lives: %s: %v, %v", l.left(), said, err)
				}
				_ = j.Close() // the run dies
			}
			said, err := l.collect(func(o *Options) { o.DryRun = true })
			if err != nil || l.left() != everything || len(said) < 8 {
				t.Fatalf("a dry run: %s: %v, %v", l.left(), said, err)
			}
			before := len(l.Calls())
			said, err = l.collect(nil)
			for _, call := range l.Calls()[before:] {
				if !slices.Contains(policy.Calls(Rights()), call) && call != "GetCallerIdentity" {
					t.Errorf("%s was called, and is not among the rights", call)
				}
			}
			if err != nil || l.left() != "" {
				t.Fatalf("left: %s: %q, %v", l.left(), said, err)
			}
			said, err = l.collect(nil)
			if err != nil || len(said) != 0 {
				t.Errorf("again: %q, %v", said, err)
			}
			if left, err := l.journal().Left(); err != nil || len(left) != 0 {
				t.Errorf("the journal still has %v, %v", left, err)
			}
		})
	}
}

// TestStays has what must never be removed beside what must.
func TestStays(t *testing.T) {
	l := newLab(t)
	ctx := t.Context()
	gone := time.Now().Add(-time.Hour)
	foreign := l.Launch(l.Image, "", nil)
	l.Bake(foreign, "foreign", nil)
	later := journal.Tags(uuid.NewString(), "t", time.Now().Add(time.Hour))
	l.Launch(l.Image, "", later)
	kept := l.Bake(foreign, "kept", journal.Tags(uuid.NewString(), "t", time.Time{}))
	living := uuid.NewString()
	l.write(l.journal(), []journal.Entry{l.entry(living, "key-pair", "other", "")}, false)
	l.Launch(l.Image, "", journal.Tags(living, "t", gone))
	used := l.Bake(foreign, "used", journal.Tags(uuid.NewString(), "t", gone))
	l.Launch(*used.ImageId, "", nil)
	templated := l.Bake(foreign, "templated", journal.Tags(uuid.NewString(), "t", gone))
	amazontest.Must[*ec2.CreateLaunchTemplateOutput](l.Lab)(l.EC2.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String("theirs"), LaunchTemplateData: &types.RequestLaunchTemplateData{ImageId: templated.ImageId},
	}))
	finished := l.Bake(foreign, "finished", journal.Tags(uuid.NewString(), "t", gone))
	dead := l.journal()
	claim, err := dead.Intend(l.entry("dead", "image", "finished", ""))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = claim.Made(*finished.ImageId), claim.Finished()
	_ = dead.Close()
	odd := journal.Tags("odd", "t", gone)
	odd[journal.ExpiresTag] = "soon"
	l.Launch(l.Image, "", odd)
	before := l.left()

	going := l.Bake(foreign, "going", journal.Tags(uuid.NewString(), "t", gone))
	said, err := l.collect(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := l.left(); got != before {
		t.Errorf("got  %s\nwant %s\n%s", got, before, strings.Join(said, "\n"))
	}
	text := strings.Join(said, "\n")
	for _, want := range []string{
		"removed image " + *going.ImageId, "kept image " + *used.ImageId + " (used): the instance i-",
		"kept image " + *templated.ImageId + " (templated): version 1 of the launch template lt-", "kept image " + *finished.ImageId + " (finished): it is finished",
		": its run lives", ": it may be needed until ", "is \"soon\", which is no time", "kept snapshot " + image.Snapshots(used)[0] + ": the AMI " + *used.ImageId + " uses it",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("not told: %s\n%s", want, text)
		}
	}
	if strings.Contains(text, *kept.ImageId) {
		t.Errorf("what is somebody's is told of: %s", text)
	}
}

func TestElsewhere(t *testing.T) {
	l := newLab(t)
	dead := l.journal()
	amazon, other := l.entry("r", "instance", "", ""), l.entry("r", "instance", "", "")
	amazon.Endpoint, other.Account = "", "999999999999"
	l.write(dead, []journal.Entry{amazon, other}, false)
	_ = dead.Close()
	said, err := l.collect(func(o *Options) { o.Now = time.Now().Add(time.Hour) })
	text := strings.Join(said, "\n")
	if err != nil || !strings.Contains(text, "1 more left at Amazon, account 123456789012: run gc with the credentials for that") || !strings.Contains(text, "account 999999999999") {
		t.Errorf("got %s, %v", text, err)
	}
	if left, err := l.journal().Left(); err != nil || len(left) != 2 {
		t.Errorf("the journal has %v, %v", left, err)
	}
}
