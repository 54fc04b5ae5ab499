package ebs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/crypto/ssh"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
)

// foreign starts moto, an EC2 that is not ours and knows less, and gives its URL.
func foreign(t *testing.T, server *sshtest.Server) string {
	t.Helper()
	program, err := exec.LookPath("moto_server")
	if err != nil {
		t.Skip("there is no moto_server")
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
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: addr})
	proxy.ModifyResponse = func(r *http.Response) error {
		body, err := io.ReadAll(r.Body)
		if found := keyMaterial.FindSubmatch(body); found != nil {
			signer, err := ssh.ParsePrivateKey(found[1])
			if err != nil {
				return err
			}
			server.Key = signer
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		return err
	}
	web := httptest.NewServer(proxy)
	t.Cleanup(web.Close)
	return web.URL
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

// TestForeign bakes at a server that is not ours, given its URL and credentials.
func TestForeign(t *testing.T) {
	server := sshtest.Start(t)
	at := foreign(t, server)
	for key, value := range map[string]string{
		"OVENBIRD_STATE_DIR": t.TempDir(), "AWS_ENDPOINT_URL": at, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_REGION": "", "AWS_DEFAULT_REGION": "",
	} {
		t.Setenv(key, value)
	}
	acc, err := (&access.Options{}).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all, err := acc.EC2("").DescribeImages(t.Context(), &ec2.DescribeImagesInput{})
	if err != nil || len(all.Images) == 0 {
		t.Fatal(err)
	}
	l := &lab{T: t, ssh: server, image: *all.Images[0].ImageId, addr: server.Addr}
	made, err := l.bake(t.Context(), l.builder(func(b *Builder) {
		host, port, _ := net.SplitHostPort(server.Addr)
		b.SSH.Host = host
		b.SSH.Port, _ = strconv.Atoi(port)
		b.AMI.AMIRegions = []string{"eu-west-1"}
	}))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(made.ID, "eu-west-1:ami-") || !strings.Contains(made.ID, ",us-east-1:ami-") {
		t.Errorf("made %s", made.ID)
	}
	l.forgotten()
	l.collect(t.Context())
	ours := []types.Filter{{Name: aws.String("tag:" + journal.MadeByTag), Values: []string{journal.MadeBy}}}
	c := acc.EC2("")
	keys, err := c.DescribeKeyPairs(t.Context(), &ec2.DescribeKeyPairsInput{})
	groups, groupsErr := c.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{Filters: ours})
	if err := errors.Join(err, groupsErr); err != nil || len(keys.KeyPairs)+len(groups.SecurityGroups) > 0 {
		t.Errorf("left %v, %v, %v", keys, groups, err)
	}
	family, err := c.DescribeImages(t.Context(), &ec2.DescribeImagesInput{Filters: ours})
	if err != nil || len(family.Images) != 1 {
		t.Errorf("AMIs %v, %v", family, err)
	}
}
