package ebs

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
)

// TestForeign bakes at moto, an EC2 that is not ours and knows less, given its
// URL and credentials.
func TestForeign(t *testing.T) {
	program, err := exec.LookPath("moto_server")
	if err != nil || testing.Short() {
		t.Skip("there is no moto_server, or no time")
	}
	free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	free.Close()
	_, port, _ := net.SplitHostPort(addr)
	c := exec.CommandContext(t.Context(), program, "-H", "127.0.0.1", "-p", port)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Wait() })
	l := &lab{T: t, ssh: sshtest.Start(t)}
	l.addr = l.ssh.Addr
	l.handler = httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: addr})
	web := httptest.NewServer(http.HandlerFunc(l.serve))
	t.Cleanup(web.Close)
	for key, value := range map[string]string{
		"OVENBIRD_STATE_DIR": t.TempDir(), "AWS_ENDPOINT_URL": web.URL, "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "x",
		"AWS_SECRET_ACCESS_KEY": "y", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
	} {
		t.Setenv(key, value)
	}
	waitFor(t, addr)
	acc, err := (&access.Options{}).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all, err := acc.EC2("").DescribeImages(t.Context(), &ec2.DescribeImagesInput{})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all.Images, func(i types.Image) bool { return i.RootDeviceType == types.DeviceTypeEbs && i.Platform == "" })
	l.image = aws.ToString(all.Images[i].ImageId)
	made, err := l.bake(t.Context(), l.builder(func(b *Builder) {
		b.SSH.Host = "127.0.0.1"
		b.AMI.AMIRegions, b.AMI.AMIUsers, b.AMI.Tags = []string{"us-east-1"}, []string{"111122223333"}, map[string]string{"a": "b"}
	}))
	if err != nil {
		t.Fatal(err)
	}
	if err := (&Builder{acc: acc}).Stands(t.Context(), made); err != nil {
		t.Error(err)
	}
	l.forgotten()
}

// waitFor waits until a server listens.
func waitFor(t *testing.T, addr string) {
	t.Helper()
	look, end := time.NewTicker(100*time.Millisecond), time.After(time.Minute)
	defer look.Stop()
	for {
		if conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr); err == nil {
			conn.Close()
			return
		}
		select {
		case <-look.C:
		case <-end:
			t.Fatal("it does not listen")
		}
	}
}
