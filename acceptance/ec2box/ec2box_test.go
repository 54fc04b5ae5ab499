//go:build vm

package ec2box

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// sandbox is "ovenbird ec2box" with a client.
type sandbox struct {
	*ec2.Client
	cmd    *exec.Cmd
	base   string // the disk of the image "base"
	tmp    string // in the environment of all that it starts
	binary string
	env    []string // for others, such as AWS_REGION=us-east-1
}

// baseTemplate is an image with cloud-init.
const baseTemplate = `
source "debootstrap" "base" {
  suite            = "bookworm"
  output_directory = "base"
}
build {
  sources = ["source.debootstrap.base"]
}
`

// bakeBase gives the image that OVENBIRD_BASE names, or one that it bakes.
func bakeBase(t *testing.T, binary string) string {
	t.Helper()
	if base := os.Getenv("OVENBIRD_BASE"); base != "" {
		return base
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "base.oven.hcl"), []byte(baseTemplate), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "build", "base.oven.hcl")
	cmd.Dir = dir
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("baking a base: %s: %s", err, said)
	}
	disks, err := filepath.Glob(filepath.Join(dir, "base", "*.qcow2"))
	if err != nil || len(disks) != 1 {
		t.Fatalf("baking a base: %q, %v", disks, err)
	}
	return disks[0]
}

// open starts a sandbox with an image named "base".
func open(t *testing.T, args ...string) *sandbox {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "ovenbird")
	if said, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../..").CombinedOutput(); err != nil {
		t.Fatalf("building ovenbird: %s: %s", err, said)
	}
	base := bakeBase(t, binary)
	tmp := t.TempDir()
	args = append([]string{"ec2box", "-image", "base=" + base, "-dir", filepath.Join(dir, "state")}, args...)
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() })
	t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
	s := &sandbox{cmd: cmd, base: base, tmp: tmp, binary: binary}
	env := map[string]string{}
	for lines := bufio.NewScanner(stdout); env["AWS_EC2_METADATA_DISABLED"] == "" && lines.Scan(); {
		line := strings.TrimPrefix(lines.Text(), "export ")
		name, value, _ := strings.Cut(line, "=")
		env[name], s.env = value, append(s.env, line)
	}
	s.Client = ec2.New(ec2.Options{
		Region: env["AWS_REGION"], BaseEndpoint: aws.String(env["AWS_ENDPOINT_URL"]),
		Credentials: credentials.NewStaticCredentialsProvider(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], ""),
	})
	return s
}

// image finds the AMI of a name.
func (s *sandbox) image(ctx context.Context, t *testing.T, name string) types.Image {
	t.Helper()
	out, err := s.DescribeImages(ctx, &ec2.DescribeImagesInput{Filters: []types.Filter{{Name: aws.String("name"), Values: []string{name}}}})
	if err != nil || len(out.Images) != 1 {
		t.Fatalf("looking for the image %s: %v, %v", name, out, err)
	}
	return out.Images[0]
}

// run launches an image and waits until it runs.
func (s *sandbox) run(ctx context.Context, t *testing.T, image, key, userData string) types.Instance {
	t.Helper()
	asked := &ec2.RunInstancesInput{
		ImageId: &image, InstanceType: types.InstanceTypeT3Micro, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), UserData: &userData,
		MetadataOptions: &types.InstanceMetadataOptionsRequest{HttpTokens: types.HttpTokensStateRequired},
	}
	if key != "" {
		asked.KeyName = &key
	}
	out, err := s.RunInstances(ctx, asked)
	if err != nil {
		t.Fatal(err)
	}
	id := *out.Instances[0].InstanceId
	in := &ec2.DescribeInstancesInput{InstanceIds: []string{id}}
	if err := ec2.NewInstanceRunningWaiter(s.Client, quick).Wait(ctx, in, time.Minute); err != nil {
		t.Fatal(err)
	}
	described, err := s.DescribeInstances(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	return described.Reservations[0].Instances[0]
}

func quick(o *ec2.InstanceRunningWaiterOptions) { o.MinDelay, o.MaxDelay = time.Second/2, time.Second }

// TestBakeByHand goes the way of TestOneTemplate call by call, with other keys,
// and kills the sandbox.
func TestBakeByHand(t *testing.T) {
	if os.Getenv("OVENBIRD_KILLS") == "" {
		t.Skip("make soak runs it")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	s := open(t)
	key, err := s.CreateKeyPair(ctx, &ec2.CreateKeyPairInput{KeyName: aws.String("mine"), KeyType: types.KeyTypeEd25519})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	first := s.run(ctx, t, *s.image(ctx, t, "base").ImageId, "mine", "IyEvYmluL3NoCmVjaG8gaGVsbG8gPi92YXIvbGliL3VzZXItZGF0YQo=")
	g := login(ctx, t, first, *key.KeyMaterial)
	t.Logf("logged in after %s", time.Since(start))
	g.want(t, "cloud-id", "aws")
	g.want(t, "cloud-init query v1.instance_id", *first.InstanceId)
	g.want(t, "cloud-init status --wait >/dev/null; cat /var/lib/user-data", "hello")
	g.want(t, "sudo sh -c 'echo baked >/etc/baked' 2>/dev/null", "") // sudo cannot resolve the host's name
	if _, err := s.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{*first.InstanceId}}); err != nil {
		t.Fatal(err)
	}
	described := &ec2.DescribeInstancesInput{InstanceIds: []string{*first.InstanceId}}
	if err := ec2.NewInstanceStoppedWaiter(s.Client, func(o *ec2.InstanceStoppedWaiterOptions) { o.MinDelay, o.MaxDelay = time.Second/2, time.Second }).Wait(ctx, described, 3*time.Minute); err != nil {
		t.Fatal(err)
	}
	t.Logf("stopped after %s", time.Since(start))
	made, err := s.CreateImage(ctx, &ec2.CreateImageInput{InstanceId: first.InstanceId, Name: aws.String("web")})
	if err != nil {
		t.Fatal(err)
	}
	available := &ec2.DescribeImagesInput{ImageIds: []string{*made.ImageId}}
	if err := ec2.NewImageAvailableWaiter(s.Client, func(o *ec2.ImageAvailableWaiterOptions) { o.MinDelay, o.MaxDelay = time.Second/2, time.Second }).Wait(ctx, available, 3*time.Minute); err != nil {
		t.Fatal(err)
	}
	t.Logf("the image is available after %s", time.Since(start))
	if _, err := s.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{*first.InstanceId}}); err != nil {
		t.Fatal(err)
	}
	other, err := s.CreateKeyPair(ctx, &ec2.CreateKeyPairInput{KeyName: aws.String("other"), KeyType: types.KeyTypeRsa})
	if err != nil {
		t.Fatal(err)
	}
	second := s.run(ctx, t, *made.ImageId, "other", "")
	g = login(ctx, t, second, *other.KeyMaterial)
	g.want(t, "cat /etc/baked", "baked")
	g.want(t, "cloud-init query v1.instance_id", *second.InstanceId)
	t.Logf("the second one is there after %s", time.Since(start))
	console, err := s.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: second.InstanceId})
	if err != nil || console.Output == nil || *console.Output == "" {
		t.Errorf("there is no console output: %v, %v", console, err)
	}
	s.dies(t)
}
