package amazonami

import (
	"context"
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// TestForeign makes AMIs at moto, an EC2 that is not ours and knows less, given
// its URL and credentials.
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
	ctx, cancel := context.WithCancel(context.Background())
	c := exec.CommandContext(ctx, program, "-H", "127.0.0.1", "-p", port)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = c.Wait() })
	waitFor(t, addr)
	for key, value := range map[string]string{
		"OVENBIRD_STATE_DIR": t.TempDir(), "AWS_ENDPOINT_URL": "http://" + addr, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_REGION": home,
	} {
		t.Setenv(key, value)
	}
	l := &lab{T: t, dir: t.TempDir()}
	for _, letters := range []string{"ab  c", "aX  c"} { // a delta is none there, and must do no harm
		made := l.process(l.ami(func(a *AMI) {
			a.AMI.AMIName, a.AMI.AMIRegions = "web "+letters[1:2], []string{"eu-west-1"}
		}), l.bake(letters))
		for _, region := range []string{home, "eu-west-1"} {
			if i := l.image(made, region); aws.ToString(i.Name) != "web "+letters[1:2] || i.State != "available" {
				t.Errorf("in %s it is %+v", region, i)
			}
		}
	}
}

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
			t.Fatal("moto did not start")
		}
	}
}
