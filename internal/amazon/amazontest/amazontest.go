// Package amazontest gives tests a sandbox EC2, and a login to it.
package amazontest

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
	"github.com/ovenbird-io/ovenbird/internal/ec2box"
)

// Region is where the lab works.
const Region = "eu-west-1"

// Lab is a sandbox whose instances have no machines, and a login to it.
type Lab struct {
	*testing.T
	*ec2box.Server
	*access.Account
	EC2   *ec2.Client // of Region
	URL   string
	Image string // to start from
	State string // the user's folder of state
}

// New starts a sandbox. The environment of the test leads to it.
func New(t *testing.T) *Lab {
	t.Helper()
	server, err := ec2box.New(ec2box.Options{Dir: t.TempDir(), Machines: &ec2box.NoMachines{}})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	l := &Lab{T: t, Server: server, URL: web.URL, State: t.TempDir()}
	t.Cleanup(func() {
		web.Close()
		if err := server.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	Env(t, map[string]string{
		"OVENBIRD_STATE_DIR": l.State, "AWS_ENDPOINT_URL": web.URL, "AWS_REGION": Region,
		"AWS_ACCESS_KEY_ID": ec2box.AccessKey, "AWS_SECRET_ACCESS_KEY": ec2box.SecretKey,
	})
	if l.Image, err = server.AddImage(t.Context(), ec2box.Image{Region: Region, Name: "base"}); err != nil {
		t.Fatal(err)
	}
	l.Account = l.Login(access.Options{})
	l.EC2 = l.Account.EC2("")
	return l
}

// Env has the test see nothing of the user's configuration for Amazon, but more.
func Env(t *testing.T, more map[string]string) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := cut(v); len(name) > 4 && name[:4] == "AWS_" {
			t.Setenv(name, "") // restores it, too
			os.Unsetenv(name)
		}
	}
	none := filepath.Join(t.TempDir(), "none")
	for name, value := range map[string]string{"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": none, "AWS_SHARED_CREDENTIALS_FILE": none} {
		t.Setenv(name, value)
	}
	for name, value := range more {
		t.Setenv(name, value)
	}
}

func cut(v string) (name, value string, ok bool) {
	i := slices.Index([]byte(v), '=')
	if i < 0 {
		return v, "", false
	}
	return v[:i], v[i+1:], true
}

// Login opens an account with these options.
func (l *Lab) Login(o access.Options) *access.Account {
	l.Helper()
	a, err := o.Open(l.T.Context())
	if err != nil {
		l.Fatal(err)
	}
	return a
}

// Must fails the test if a call failed.
func Must[T any](l *Lab) func(out T, err error) T {
	return func(out T, err error) T {
		l.Helper()
		if err != nil {
			l.Fatal(err)
		}
		return out
	}
}

// Await waits until something is so.
func (l *Lab) Await(what string, is func() bool) {
	l.Helper()
	look, end := time.NewTicker(10*time.Millisecond), time.After(20*time.Second)
	defer look.Stop()
	for !is() {
		select {
		case <-look.C:
		case <-end:
			l.Fatalf("%s: it never came", what)
		}
	}
}

// Launch runs an instance of an image with these tags on it and its volumes.
func (l *Lab) Launch(image, token string, all map[string]string, groups ...string) string {
	l.Helper()
	in := &ec2.RunInstancesInput{
		ImageId: aws.String(image), InstanceType: types.InstanceTypeT3Micro, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SecurityGroupIds: groups,
	}
	if token != "" {
		in.ClientToken = aws.String(token)
	}
	if len(all) > 0 {
		in.TagSpecifications = tags.Specifications(all, types.ResourceTypeInstance, types.ResourceTypeVolume)
	}
	return *Must[*ec2.RunInstancesOutput](l)(l.EC2.RunInstances(l.T.Context(), in)).Instances[0].InstanceId
}

// Bake makes an available AMI of an instance, with these tags on it and its snapshots.
func (l *Lab) Bake(instance, name string, all map[string]string) types.Image {
	l.Helper()
	ctx := l.T.Context()
	l.Await(instance+" running", func() bool {
		got, err := l.EC2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{instance}})
		return err == nil && got.Reservations[0].Instances[0].State.Name == types.InstanceStateNameRunning
	})
	in := &ec2.CreateImageInput{InstanceId: aws.String(instance), Name: aws.String(name), NoReboot: aws.Bool(true)}
	if len(all) > 0 {
		in.TagSpecifications = tags.Specifications(all, types.ResourceTypeImage, types.ResourceTypeSnapshot)
	}
	id := *Must[*ec2.CreateImageOutput](l)(l.EC2.CreateImage(ctx, in)).ImageId
	var image types.Image
	l.Await(id+" available", func() bool {
		got, err := l.EC2.DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: []string{id}})
		if err == nil && len(got.Images) == 1 {
			image = got.Images[0]
		}
		return image.State == types.ImageStateAvailable
	})
	return image
}
