//go:build vm

package ec2box

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/crypto/ssh"
)

// guest is a login on an instance.
type guest struct{ *ssh.Client }

// login waits for the SSH server of an instance and logs in with a key.
func login(ctx context.Context, t *testing.T, in types.Instance, key string) guest {
	t.Helper()
	signer, err := ssh.ParsePrivateKey([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	for tick := time.NewTicker(time.Second); ; {
		client, err := ssh.Dial("tcp", net.JoinHostPort(*in.PublicIpAddress, port(in, "22", "2222")), &ssh.ClientConfig{
			User: "debian", Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: 5 * time.Second,
		})
		if err == nil {
			return guest{client}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("logging in to %s: %v", *in.InstanceId, err)
		}
	}
}

// want runs a command and compares what it says.
func (g guest) want(t *testing.T, command, want string) {
	t.Helper()
	session, err := g.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	said, err := session.CombinedOutput(command)
	if got := strings.TrimSpace(string(said)); err != nil || got != want {
		t.Errorf("%s: %s, %v, want %s", command, got, err, want)
	}
}

// port is the first one where the sandbox may bind those below 1024, else the other.
func port(in types.Instance, own, spare string) string {
	for _, tag := range in.Tags {
		if *tag.Key == "ec2box:ssh-port" {
			return spare
		}
	}
	return own
}
