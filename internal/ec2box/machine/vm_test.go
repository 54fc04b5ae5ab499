//go:build vm

package machine

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"net"
	"os"
	"strconv"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/disks"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/imds"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// TestBoot boots the image named by OVENBIRD_EC2BOX_IMAGE, an unmodified cloud
// image of Debian, and logs in with a key that it can have from the metadata
// service only.
func TestBoot(t *testing.T) {
	image := os.Getenv("OVENBIRD_EC2BOX_IMAGE")
	if image == "" {
		t.Skip("OVENBIRD_EC2BOX_IMAGE is not set")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	start := time.Now()
	disk := volumeOf(ctx, t, image)
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(Options{Dir: t.TempDir(), Accel: "tcg", Helper: []string{self, "pipe"}})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close(context.WithoutCancel(ctx))
	in := imds.Instance{
		ID: "i-0123456789abcdef0", ImageID: "ami-1", Type: "t3.micro", Region: "eu-west-1", Zone: "eu-west-1a", Account: "123456789012",
		Architecture: "x86_64", Hostname: "ip-169-254-0-15",
		KeyName: "mine", PublicKey: string(ssh.MarshalAuthorizedKey(signer.PublicKey())), BlockDevices: map[string]string{"ami": "xvda", "root": "/dev/xvda"},
		Options: imds.Options{TokensRequired: true},
	}
	m, err := h.start(ctx, world.Launch{ID: in.ID, Type: in.Type, Disks: []string{disk}, Volumes: []string{"vol-1"}, Metadata: func() imds.Instance { return in }})
	if err != nil {
		t.Fatal(err)
	}
	client := login(ctx, t, m, signer)
	defer client.Close()
	t.Logf("logged in after %s", time.Since(start))
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	out, err := session.CombinedOutput("sudo cloud-init status --wait --long; cloud-id; ip a; grep -i warn /var/log/cloud-init.log")
	t.Logf("%s, %v", out, err)
	if err := m.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	t.Logf("stopped after %s", time.Since(start))
}

func login(ctx context.Context, t *testing.T, m *Machine, signer ssh.Signer) *ssh.Client {
	t.Helper()
	ip, port := m.Address()
	for tick := time.NewTicker(time.Second); ; {
		client, err := ssh.Dial("tcp", net.JoinHostPort(ip, strconv.Itoa(port)), &ssh.ClientConfig{
			User: "debian", Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: 5 * time.Second,
		})
		if err == nil {
			return client
		}
		select {
		case <-tick.C:
		case <-m.Done():
			t.Fatalf("the machine ended: %s", m.Console())
		case <-ctx.Done():
			t.Fatalf("%v: %s", err, m.Console())
		}
	}
}

// volumeOf is a volume's disk with the contents of an image.
func volumeOf(ctx context.Context, t *testing.T, image string) string {
	t.Helper()
	store, err := disks.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	if _, err := store.FromFile(ctx, "snap-1", image); err != nil {
		t.Fatal(err)
	}
	if err := store.CreateVolume(ctx, "vol-1", "snap-1", 0); err != nil {
		t.Fatal(err)
	}
	disk, err := store.VolumeFile(ctx, "vol-1")
	if err != nil {
		t.Fatal(err)
	}
	return disk
}
