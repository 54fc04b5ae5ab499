package amazonami

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/ec2box"
	"github.com/ovenbird-io/ovenbird/postprocessors"
)

const home = "eu-central-1"

// lab is a sandbox EC2, and a folder with a disk.
type lab struct {
	*testing.T
	*ec2box.Server
	dir  string
	seen int // calls that were looked at
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{T: t, dir: t.TempDir()}
	var err error
	if l.Server, err = ec2box.New(ec2box.Options{Dir: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(l.Server)
	t.Cleanup(func() {
		web.Close()
		if err := l.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	for key, value := range map[string]string{
		"OVENBIRD_STATE_DIR": t.TempDir(), "AWS_ENDPOINT_URL": web.URL, "AWS_REGION": home, "AWS_ACCESS_KEY_ID": ec2box.AccessKey,
		"AWS_SECRET_ACCESS_KEY": ec2box.SecretKey, "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
	} {
		t.Setenv(key, value)
	}
	return l
}

// bake makes an artifact whose disk has these letters, one in each block, and
// holes for spaces.
func (l *lab) bake(letters string) *artifact.Artifact {
	l.Helper()
	raw, disk := filepath.Join(l.dir, "raw"), filepath.Join(l.dir, "disk")
	f, err := os.Create(raw)
	if err != nil {
		l.Fatal(err)
	}
	defer f.Close()
	for i, letter := range []byte(letters) {
		if letter == ' ' {
			continue
		}
		if _, err := f.WriteAt([]byte{letter}, int64(i)<<19); err != nil {
			l.Fatal(err)
		}
	}
	if err := f.Truncate(int64(len(letters)) << 19); err != nil {
		l.Fatal(err)
	}
	if text, err := exec.CommandContext(l.Context(), "qemu-img", "convert", "-f", "raw", "-O", "qcow2", "-c", raw, disk).CombinedOutput(); err != nil {
		l.Fatalf("%v: %s", err, text)
	}
	return &artifact.Artifact{Builder: "transcend.qemu", ID: "VM", Title: "a disk", Files: []string{disk}, Details: map[string]string{"disk": disk, "format": "qcow2"}}
}

// ami is the post-processor; each has a run of its own.
func (l *lab) ami(change func(*AMI)) *AMI {
	l.Helper()
	a := New(postprocessors.Env{
		Build: "qemu.web", BuildName: "web", BuilderType: "qemu", RunID: "run", Root: "templates", CacheDir: filepath.Join(l.dir, "cache"),
	}).(*AMI)
	a.AMI.AMIName, a.UploadWorkers = "web", 1
	if change != nil {
		change(a)
	}
	if err := a.Validate(); err != nil {
		l.Fatal(err)
	}
	return a
}

// process runs it, and wants it to succeed.
func (l *lab) process(a *AMI, in *artifact.Artifact) *artifact.Artifact {
	l.Helper()
	made, err := a.Process(l.Context(), in, nil)
	if err != nil {
		l.Fatal(err)
	}
	if left := l.left(); left != "" {
		l.Errorf("the journal has %s", left)
	}
	return made
}

// left lists what the journal has of dead runs, by kind.
func (l *lab) left() string {
	l.Helper()
	j, err := journal.Open("")
	if err != nil {
		l.Fatal(err)
	}
	all, err := j.Left()
	if err != nil {
		l.Fatal(err)
	}
	var kinds []string
	for _, e := range all {
		kinds = append(kinds, e.Kind)
	}
	return strings.Join(kinds, " ")
}

func (l *lab) client(region string) *ec2.Client {
	l.Helper()
	acc, err := (&access.Options{}).Open(l.Context())
	if err != nil {
		l.Fatal(err)
	}
	return acc.EC2(region)
}

// image describes the AMI of an artifact in a region.
func (l *lab) image(made *artifact.Artifact, region string) types.Image {
	l.Helper()
	found, err := image.Describe(l.Context(), l.client(region), made.Details["ami."+region])
	if err != nil {
		l.Fatal(err)
	}
	return found
}

func (l *lab) snapshot(id string) types.Snapshot {
	l.Helper()
	got, err := l.client("").DescribeSnapshots(l.Context(), &ec2.DescribeSnapshotsInput{SnapshotIds: []string{id}})
	if err != nil || len(got.Snapshots) != 1 {
		l.Fatalf("%v, error %v", got, err)
	}
	return got.Snapshots[0]
}

// count tells how often an action was called since the last look at any.
func (l *lab) count(action string) int {
	all := l.Calls()
	n := 0
	for _, c := range all[l.seen:] {
		if c == action {
			n++
		}
	}
	return n
}

func (l *lab) forget() { l.seen = len(l.Calls()) }

// there counts what the sandbox has of a kind.
func (l *lab) there(kind string) int { return l.Inspect().Counts()[kind] }
