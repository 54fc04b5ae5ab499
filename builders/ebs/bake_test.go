package ebs

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/ec2box"
)

// TestBake bakes as cheaply as can be: the calls are no more than the 22 of
// others, and there is hardly any waiting beyond what the states take.
func TestBake(t *testing.T) {
	const attempts = 3 // this machine may have other things to do
	for attempt := 1; ; attempt++ {
		waited := bake(t)
		if waited <= 3*time.Second {
			return
		}
		if attempt == attempts {
			t.Fatalf("%s of waiting beyond the states' own time", waited)
		}
	}
}

// bake bakes once, looks at all, and tells how long was waited.
func bake(t *testing.T) time.Duration {
	t.Helper()
	states := ec2box.Timing{Pending: 800 * time.Millisecond, Stopping: 700 * time.Millisecond, Image: 700 * time.Millisecond, Shutting: 700 * time.Millisecond}
	l := newLab(t, states)
	b := l.builder(func(b *Builder) {
		b.AMI.Tags = map[string]string{"From": "{{ .SourceAMIName }}", "OS": "{{ .SourceAMITags.OS }}"}
		b.AMI.AMIUsers = []string{"111122223333"}
	})
	made, err := l.bake(t.Context(), b)
	if err != nil {
		t.Fatal(err, l.said)
	}
	if !regexp.MustCompile(`^eu-west-1:ami-[0-9a-f]+$`).MatchString(made.ID) || made.Builder != "mitchellh.amazonebs" || made.Title != "AMIs were created:\neu-west-1: "+made.ID[10:]+"\n" {
		t.Errorf("made %+v", made)
	}
	if info := b.Info(); info.More["SourceAMIName"] != "base" || info.More["BuildRegion"] != "eu-west-1" {
		t.Errorf("build.* is %+v", info)
	}
	calls := l.Calls()
	if len(calls) > 22 {
		t.Errorf("%d calls: %v", len(calls), calls)
	}
	if got := l.left(); got != "image:1 snapshot:1" {
		t.Errorf("left %s", got)
	}
	image := l.Inspect().Of("image")[0]
	if image.Name != "web" || image.Tags["From"] != "base" || image.Tags["OS"] != "Debian" || image.Tags["ovenbird:expires"] != "never" || image.Tags["ovenbird:run"] != "run-1" {
		t.Errorf("image %+v", image)
	}
	if s := l.Inspect().Of("snapshot")[0]; s.Tags["From"] != "base" {
		t.Errorf("snapshot %+v", s)
	}
	if _, err := os.Stat(filepath.Join(l.ssh.Root, "run", "ovenbird-dead-man")); err != nil {
		t.Error("no timer was set:", err)
	}
	// The instance ends beside the post-processors.
	return l.sealed.Sub(l.began) - states.Pending - states.Stopping - states.Image
}
