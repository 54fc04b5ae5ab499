package amazon

import (
	"bytes"
	"errors"
	"flag"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/ovenbird-io/ovenbird/internal/amazon/amazontest"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/ec2box"
	"github.com/ovenbird-io/ovenbird/internal/flags"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// options are those of a command line.
func options(t *testing.T, register func(*Options, *flag.FlagSet), line string) (Options, []string) {
	t.Helper()
	var o Options
	fs := flag.NewFlagSet("test", flag.ContinueOnError)
	fs.SetOutput(&bytes.Buffer{})
	register(&o, fs)
	args, err := flags.Parse(fs, strings.Fields(line))
	if err != nil {
		t.Fatal(err)
	}
	return o, args
}

// shown runs a command, and gives what it shows, with ids as ID.
func shown(do func(*ui.Root) error) (string, error) {
	var out bytes.Buffer
	err := do(ui.New(ui.Options{Stdout: &out, Stderr: &out}))
	text := regexp.MustCompile(`\b(ami|i|vol|snap|key|sg|lt)-[0-9a-f]{8,}`).ReplaceAllString(out.String(), "$1-ID")
	return regexp.MustCompile(` +`).ReplaceAllString(text, " "), err
}

func images(t *testing.T, line string) (string, error) {
	t.Helper()
	o, args := options(t, (*Options).ImagesFlags, line)
	return shown(func(out *ui.Root) error { return Images(t.Context(), o, args, out) })
}

func TestImages(t *testing.T) {
	l := amazontest.New(t)
	machine := l.Launch(l.Image, "", nil)
	for _, name := range []string{"web-1", "web-2", "web-3"} {
		l.Bake(machine, name, journal.Tags("r", "web/amazon-ebs.web", time.Time{}))
	}
	used := l.Bake(machine, "db-1", journal.Tags("r", "db/amazon-ebs.db", time.Time{}))
	l.Bake(machine, "db-2", journal.Tags("r", "db/amazon-ebs.db", time.Time{}))
	l.Launch(*used.ImageId, "", nil)
	for _, c := range []struct{ line, want string }{
		{"ls", `db/amazon-ebs.db:
 eu-west-1 ami-ID now 8 GiB db-
 eu-west-1 ami-ID now 8 GiB db-
web/amazon-ebs.web:
 eu-west-1 ami-ID now 8 GiB web-
 eu-west-1 ami-ID now 8 GiB web-
 eu-west-1 ami-ID now 8 GiB web-
5 AMIs
`},
		{"ls -region us-east-1", "0 AMIs\n"},
		{"prune -older-than 1d", "0 AMIs with 0 snapshots would be removed; the same with -yes does it.\n"},
		{"prune -keep 2", "goes: eu-west-1 ami-ID now 8 GiB web-\n1 AMI with 1 snapshot would be removed; the same with -yes does it.\n"},
		{"prune -keep 2 -yes -dry-run", "goes: eu-west-1 ami-ID now 8 GiB web-\n1 AMI with 1 snapshot would be removed; the same with -yes does it.\n"},
		{"prune -keep 2 -yes", "removed: eu-west-1 ami-ID now 8 GiB web-\n1 AMI with 1 snapshot removed.\n"},
		{"prune -keep 0 -yes", `removed: eu-west-1 ami-ID now 8 GiB db-
kept: eu-west-1 ami-ID now 8 GiB db-: the instance i-ID uses it
removed: eu-west-1 ami-ID now 8 GiB web-
removed: eu-west-1 ami-ID now 8 GiB web-
3 AMIs with 3 snapshots removed.
`},
	} {
		got, err := images(t, c.line)
		got = regexp.MustCompile(`(web|db)-\d`).ReplaceAllString(got, "$1-")
		if c.line == "prune -keep 0 -yes" && strings.HasPrefix(got, "kept") { // both were made in one second
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("%s: %v\ngot\n%swant\n%s", c.line, err, got, c.want)
		}
	}
	l.Inject(ec2box.Fault{Action: "DeregisterImage", Code: "UnauthorizedOperation"})
	l.Bake(machine, "web-9", journal.Tags("r", "web/amazon-ebs.web", time.Time{}))
	if got, err := images(t, "prune -keep 0 -yes"); err == nil || err.Error() != "1 AMI could not be removed" || !strings.Contains(got, "allow ec2:DeregisterImage") {
		t.Errorf("got %v\n%s", err, got)
	}
}

func TestMisuse(t *testing.T) {
	for line, want := range map[string]string{
		"":              "images takes \"ls\" or \"prune\", not \"\"",
		"rm":            "images takes \"ls\" or \"prune\", not \"rm\"",
		"ls x":          "images ls takes no more arguments, but got \"x\"",
		"ls -keep 3":    "images ls shows all; ",
		"prune":         "images prune needs to know what may go; say -keep N, -older-than TIME, or both",
		"prune -yes":    "images prune needs to know what may go; ",
		"prune -shared": "images prune needs to know what may go; ",
	} {
		_, err := images(t, line)
		var usage *flags.UsageError
		if !errors.As(err, &usage) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v", line, err)
		}
	}
}

func TestNoRegion(t *testing.T) {
	amazontest.Env(t, map[string]string{"OVENBIRD_STATE_DIR": t.TempDir(), "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S"})
	const want = "no region is known; say -region, or set AWS_REGION"
	if err := GC(t.Context(), Options{}, ui.New(ui.Options{})); err == nil || err.Error() != want {
		t.Errorf("gc: got %v", err)
	}
	if _, err := images(t, "ls"); err == nil || err.Error() != want {
		t.Errorf("images: got %v", err)
	}
}

func TestAge(t *testing.T) {
	for text, want := range map[string]time.Duration{"30d": 720 * time.Hour, "12h": 12 * time.Hour, "0d": 0, "1d12h": -1, "d": -1, "-3d": -1, "x": -1, "-1h": -1, "99999d": -1} {
		got, err := age(text)
		if (err != nil) != (want < 0) || err == nil && got != want {
			t.Errorf("%s: got %s, %v", text, got, err)
		}
	}
}

func TestGC(t *testing.T) {
	l := amazontest.New(t)
	run := uuid.NewString()
	machine := l.Launch(l.Image, "", journal.Tags(run, "web/amazon-ebs.web", time.Now().Add(time.Hour)))
	dead, err := journal.Open(filepath.Join(l.State, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	claim, err := dead.Intend(journal.Entry{Run: run, Region: amazontest.Region, Endpoint: l.URL, Kind: "instance"})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = claim.Made(machine), dead.Close()
	gc := func(line string) string {
		o, _ := options(t, (*Options).GCFlags, line)
		got, err := shown(func(out *ui.Root) error { return GC(t.Context(), o, out) })
		if err != nil {
			t.Error(err)
		}
		return regexp.MustCompile(`of \d{4}[-0-9T:Z]+`).ReplaceAllString(got, "of then")
	}
	l.Await("the instance running", func() bool {
		all := l.Inspect().Of("instance")
		return len(all) == 1 && all[0].State == "running"
	})
	for _, c := range []struct{ line, want string }{
		{"-region us-east-1", "0 things removed.\n"},
		{"-dry-run", "eu-west-1: instance i-ID: would be removed (its run of then is dead)\neu-west-1: volume vol-ID: would be removed (its run is dead)\n2 things would be removed.\n"},
		{"", "eu-west-1: instance i-ID: removed (its run of then is dead)\n1 thing removed.\n"},
		{"", "0 things removed.\n"},
	} {
		if got := gc(c.line); got != c.want {
			t.Errorf("%s: got\n%swant\n%s", c.line, got, c.want)
		}
	}
}
