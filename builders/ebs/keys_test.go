package ebs

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/ec2box"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// TestFacts has another key for what makes another AMI, and the same for what
// is another in every run.
func TestFacts(t *testing.T) {
	l := newLab(t, ec2box.Timing{})
	other, err := l.AddImage(t.Context(), ec2box.Image{Region: "eu-west-1", Name: "other"})
	if err != nil {
		t.Fatal(err)
	}
	facts := func(change func(*Builder)) string {
		t.Helper()
		f, err := l.builder(change).Facts(t.Context(), builders.Reader{}, &ui.UI{})
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, one := range slices.Concat(f.Boot, f.Steps, f.Image) {
			all = append(all, one.Name+"="+one.Value)
		}
		return strings.Join(all, "\n")
	}
	was := facts(func(b *Builder) { b.AMI.AMIName = "web 2026-11-24" })
	for _, c := range []struct {
		name   string
		change func(*Builder)
		same   bool
	}{
		{"another day", func(b *Builder) { b.AMI.AMIName = "web 2026-11-25" }, true},
		{"a time in a tag", func(b *Builder) { b.AMI.AMIName, b.AMI.Tags = "web 2026-11-24", nil }, true},
		{"a limit", func(b *Builder) { b.AMI.AMIName, b.ExpiresAfter = "web 2026-11-24", time.Hour }, true},
		{"how EC2 is reached", func(b *Builder) { b.AMI.AMIName, b.Access.MaxRetries = "web 2026-11-24", 3 }, true},
		{"another name", func(b *Builder) { b.AMI.AMIName = "db 2026-11-24" }, false},
		{"another source", func(b *Builder) { b.AMI.AMIName, b.Source.SourceAMI = "web 2026-11-24", other }, false},
		{"another tag", func(b *Builder) { b.AMI.AMIName, b.AMI.Tags = "web 2026-11-24", map[string]string{"a": "b"} }, false},
		{"another type", func(b *Builder) { b.AMI.AMIName, b.Instance.InstanceType = "web 2026-11-24", "t3.large" }, false},
	} {
		if now := facts(c.change); (now == was) != c.same {
			t.Errorf("%s: %s\nwas %s", c.name, now, was)
		}
	}
	none := l.builder(func(b *Builder) { b.SSH.Communicator = "none" })
	if _, err := none.Facts(t.Context(), builders.Reader{}, &ui.UI{}); err == nil {
		t.Error("an instance that nobody enters has a key")
	}
}

// TestStands looks whether AMIs are there.
func TestStands(t *testing.T) {
	l := newLab(t, ec2box.Timing{})
	made, err := l.bake(t.Context(), l.builder(nil))
	if err != nil {
		t.Fatal(err)
	}
	b := l.builder(nil)
	stands := func(ctx context.Context, a artifact.Artifact) bool { return b.Stands(ctx, &a) == nil }
	for _, c := range []struct {
		name  string
		a     artifact.Artifact
		there bool
	}{
		{"what was made", *made, true},
		{"another builder's", artifact.Artifact{Builder: "other", ID: "eu-west-1:ami-0123456789abcdef0"}, true},
		{"what is not there", artifact.Artifact{Builder: builderID, ID: made.ID + ",us-east-1:ami-0123456789abcdef0"}, false},
		{"nothing", artifact.Artifact{Builder: builderID}, false},
	} {
		if got := stands(t.Context(), c.a); got != c.there {
			t.Errorf("%s: stands %t", c.name, got)
		}
	}
	if err := made.Destroy(nil); err != nil || stands(t.Context(), *made) {
		t.Errorf("what is gone stands, %v", err)
	}
}
