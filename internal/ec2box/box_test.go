package ec2box

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
)

// box is a sandbox with a client of its first region, which never tries again.
type box struct {
	*Server
	*ec2.Client
	url      string
	base     string // an image
	machines *NoMachines
}

func newBox(t *testing.T, o Options) *box {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	b := &box{machines: &NoMachines{Port: 2200}}
	if o.Machines == nil {
		o.Machines = b.machines
	}
	var err error
	if b.Server, err = New(o); err != nil {
		t.Fatal(err)
	}
	if b.base, err = b.AddImage(t.Context(), Image{Name: "base", Owner: "136693071363", Public: true, Created: "2026-01-02T03:04:05.000Z"}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(b.Server)
	b.url = server.URL
	t.Cleanup(func() {
		server.Close()
		if err := b.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	b.Client = ec2.New(b.options("eu-central-1"))
	return b
}

func (b *box) options(region string) ec2.Options {
	return ec2.Options{Region: region, BaseEndpoint: &b.url, RetryMaxAttempts: 1, Credentials: credentials.NewStaticCredentialsProvider(AccessKey, SecretKey, "")}
}

func (b *box) in(region string) *ec2.Client { return ec2.New(b.options(region)) }

// codeOf is the code of an error of the API.
func codeOf(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// until asks until it is so.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 500 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s: it never came", what)
}

func must[T any](t *testing.T) func(out T, err error) T {
	return func(out T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// instance describes one.
func (b *box) instance(t *testing.T, id string) types.Instance {
	t.Helper()
	out, err := b.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if err != nil {
		t.Fatal(err)
	}
	return out.Reservations[0].Instances[0]
}

func (b *box) image(t *testing.T, id string) types.Image {
	t.Helper()
	out, err := b.DescribeImages(t.Context(), &ec2.DescribeImagesInput{ImageIds: []string{id}})
	if err != nil {
		t.Fatal(err)
	}
	return out.Images[0]
}

// run starts an instance and waits until it runs.
func (b *box) run(t *testing.T, change func(*ec2.RunInstancesInput)) types.Instance {
	t.Helper()
	in := &ec2.RunInstancesInput{ImageId: &b.base, InstanceType: types.InstanceTypeT3Micro, MinCount: aws.Int32(1), MaxCount: aws.Int32(1)}
	if change != nil {
		change(in)
	}
	out, err := b.RunInstances(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	id := *out.Instances[0].InstanceId
	b.waitInstance(t, id, types.InstanceStateNameRunning)
	return b.instance(t, id)
}

func (b *box) waitInstance(t *testing.T, id string, state types.InstanceStateName) {
	t.Helper()
	until(t, string(state), func() bool { return b.instance(t, id).State.Name == state })
}

func (b *box) waitImage(t *testing.T, id string, state types.ImageState) {
	t.Helper()
	until(t, string(state), func() bool { return b.image(t, id).State == state })
}

// stopped starts and stops an instance.
func (b *box) stopped(t *testing.T) types.Instance {
	t.Helper()
	i := b.run(t, nil)
	must[*ec2.StopInstancesOutput](t)(b.StopInstances(t.Context(), &ec2.StopInstancesInput{InstanceIds: []string{*i.InstanceId}}))
	b.waitInstance(t, *i.InstanceId, types.InstanceStateNameStopped)
	return b.instance(t, *i.InstanceId)
}

// bake makes an image of a stopped instance.
func (b *box) bake(t *testing.T, name string) types.Image {
	t.Helper()
	i := b.stopped(t)
	out := must[*ec2.CreateImageOutput](t)(b.CreateImage(t.Context(), &ec2.CreateImageInput{InstanceId: i.InstanceId, Name: &name}))
	b.waitImage(t, *out.ImageId, types.ImageStateAvailable)
	return b.image(t, *out.ImageId)
}
