package ec2box

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ebs"
	ebstypes "github.com/aws/aws-sdk-go-v2/service/ebs/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func TestFaults(t *testing.T) {
	b := newBox(t, Options{})
	ask := func() string {
		_, err := b.DescribeRegions(t.Context(), &ec2.DescribeRegionsInput{})
		return codeOf(err)
	}
	called := 0
	for _, c := range []struct {
		name  string
		fault Fault
		want  []string // of three calls; "*" is any error
	}{
		{"once", Fault{Code: "RequestLimitExceeded"}, []string{"RequestLimitExceeded", "", ""}},
		{"the second", Fault{Action: "DescribeRegions", First: 2, Code: "UnauthorizedOperation"}, []string{"", "UnauthorizedOperation", ""}},
		{"two", Fault{Times: 2, Code: "InternalError", Status: 503}, []string{"InternalError", "InternalError", ""}},
		{"always", Fault{Times: -1, Code: "Unavailable"}, []string{"Unavailable", "Unavailable", "Unavailable"}},
		{"other action", Fault{Action: "RunInstances", Code: "X"}, []string{"", "", ""}},
		{"other region", Fault{Region: "eu-west-1", Code: "X"}, []string{"", "", ""}},
		{"dropped", Fault{Drop: BeforeCall}, []string{"*", "", ""}},
		{"dropped after", Fault{Drop: AfterCall}, []string{"*", "", ""}},
		{"late", Fault{Delay: time.Millisecond}, []string{"", "", ""}},
		{"hooks", Fault{Before: func() { called++ }, After: func() { called++ }}, []string{"", "", ""}},
	} {
		b.Inject(c.fault)
		for n, want := range c.want {
			if got := ask(); got != want && (want != "*" || got == "") {
				t.Errorf("%s, call %d: %q", c.name, n+1, got)
			}
		}
		b.Heal()
	}
	if called != 2 {
		t.Errorf("the hooks were called %d times", called)
	}
}

// TestDroppedAnswer does what a client does that did not get its answer.
func TestDroppedAnswer(t *testing.T) {
	b := newBox(t, Options{})
	b.Inject(Fault{Action: "RunInstances", Drop: AfterCall})
	in := &ec2.RunInstancesInput{ImageId: &b.base, InstanceType: types.InstanceTypeT3Micro, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), ClientToken: aws.String("token")}
	if _, err := b.RunInstances(t.Context(), in); err == nil {
		t.Fatal("the answer came")
	}
	out := must[*ec2.RunInstancesOutput](t)(b.RunInstances(t.Context(), in))
	if left := b.Inspect().Of("instance"); len(left) != 1 || left[0].ID != *out.Instances[0].InstanceId {
		t.Errorf("there are %v", left)
	}
}

func TestUnauthorized(t *testing.T) {
	b := newBox(t, Options{})
	b.Inject(Fault{Action: "CreateImage", Code: "UnauthorizedOperation"})
	_, err := b.CreateImage(t.Context(), &ec2.CreateImageInput{InstanceId: aws.String("i-12345678"), Name: aws.String("one")})
	_, encoded, ok := strings.Cut(codeMessage(err), "Encoded authorization failure message: ")
	if !ok {
		t.Fatalf("refused: %v", err)
	}
	c := sts.New(sts.Options{Region: "eu-central-1", BaseEndpoint: &b.url, Credentials: credentials.NewStaticCredentialsProvider(AccessKey, SecretKey, "")})
	out := must[*sts.DecodeAuthorizationMessageOutput](t)(c.DecodeAuthorizationMessage(t.Context(), &sts.DecodeAuthorizationMessageInput{EncodedMessage: &encoded}))
	if !strings.Contains(*out.DecodedMessage, `"action":"ec2:CreateImage"`) {
		t.Errorf("decoded: %s", *out.DecodedMessage)
	}
}

func codeMessage(err error) string {
	var e interface{ ErrorMessage() string }
	if errors.As(err, &e) {
		return e.ErrorMessage()
	}
	return ""
}

// TestBadEnds lets what is made fail afterwards.
func TestBadEnds(t *testing.T) {
	b := newBox(t, Options{})
	b.Inject(Fault{Action: "RunInstances", Fails: true})
	out := must[*ec2.RunInstancesOutput](t)(b.RunInstances(t.Context(), &ec2.RunInstancesInput{ImageId: &b.base, InstanceType: types.InstanceTypeT3Micro, MinCount: aws.Int32(1), MaxCount: aws.Int32(1)}))
	id := *out.Instances[0].InstanceId
	b.waitInstance(t, id, types.InstanceStateNameTerminated)
	if i := b.instance(t, id); *i.StateReason.Code != "Server.InternalError" {
		t.Errorf("ended: %v", *i.StateReason.Code)
	}
	i := b.stopped(t)
	b.Inject(Fault{Action: "CreateImage", Fails: true})
	made := must[*ec2.CreateImageOutput](t)(b.CreateImage(t.Context(), &ec2.CreateImageInput{InstanceId: i.InstanceId, Name: aws.String("one")}))
	b.waitImage(t, *made.ImageId, types.ImageStateFailed)
	if s := b.Inspect().Of("snapshot"); len(s) != 1 || s[0].State != "error" {
		t.Errorf("snapshots: %v", s)
	}
}

func TestCapacity(t *testing.T) {
	b := newBox(t, Options{})
	b.Exhaust(func(kind, zone string) bool { return kind == "t3.micro" && zone != "eu-central-1c" })
	for _, c := range []struct{ kind, zone, code string }{
		{"t3.micro", "eu-central-1a", "InsufficientInstanceCapacity"}, {"t3.micro", "eu-central-1c", ""}, {"t3.small", "eu-central-1a", ""},
	} {
		_, err := b.RunInstances(t.Context(), &ec2.RunInstancesInput{
			ImageId: &b.base, InstanceType: types.InstanceType(c.kind), MinCount: aws.Int32(1), MaxCount: aws.Int32(1), Placement: &types.Placement{AvailabilityZone: &c.zone},
		})
		if codeOf(err) != c.code {
			t.Errorf("%v: %v", c, err)
		}
	}
}

// TestDirect starts an instance of an image of a snapshot that was put block by block.
func TestDirect(t *testing.T) {
	b := newBox(t, Options{})
	c := ebs.New(ebs.Options{Region: "eu-central-1", BaseEndpoint: &b.url, RetryMaxAttempts: 1, Credentials: credentials.NewStaticCredentialsProvider(AccessKey, SecretKey, "")})
	started := must[*ebs.StartSnapshotOutput](t)(c.StartSnapshot(t.Context(), &ebs.StartSnapshotInput{VolumeSize: aws.Int64(1), Tags: []ebstypes.Tag{{Key: aws.String("a"), Value: aws.String("1")}}}))
	block := bytes.Repeat([]byte("x"), 512<<10)
	sum := sha256.Sum256(block)
	put := &ebs.PutSnapshotBlockInput{
		SnapshotId: started.SnapshotId, BlockIndex: aws.Int32(0), BlockData: bytes.NewReader(block), DataLength: aws.Int32(512 << 10),
		Checksum: aws.String(base64.StdEncoding.EncodeToString(sum[:])), ChecksumAlgorithm: ebstypes.ChecksumAlgorithmChecksumAlgorithmSha256,
	}
	b.Inject(Fault{Action: "PutSnapshotBlock", Code: "RequestThrottledException"})
	if _, err := c.PutSnapshotBlock(t.Context(), put); codeOf(err) != "RequestThrottledException" {
		t.Errorf("throttled: %v", err)
	}
	put.BlockData = bytes.NewReader(block)
	b.Inject(Fault{Action: "PutSnapshotBlock", Drop: AfterCall})
	if _, err := c.PutSnapshotBlock(t.Context(), put); err == nil {
		t.Error("the answer came")
	}
	put.BlockData = bytes.NewReader(block)
	must[*ebs.PutSnapshotBlockOutput](t)(c.PutSnapshotBlock(t.Context(), put))
	register := &ec2.RegisterImageInput{
		Name: aws.String("put"), RootDeviceName: aws.String("/dev/xvda"), Architecture: types.ArchitectureValuesX8664, VirtualizationType: aws.String("hvm"), EnaSupport: aws.Bool(true),
		BlockDeviceMappings: []types.BlockDeviceMapping{{DeviceName: aws.String("/dev/xvda"), Ebs: &types.EbsBlockDevice{SnapshotId: started.SnapshotId}}},
	}
	if _, err := b.RegisterImage(t.Context(), register); codeOf(err) != "InvalidSnapshot.NotCompleted" {
		t.Errorf("an image of a pending snapshot: %v", err)
	}
	must[*ebs.CompleteSnapshotOutput](t)(c.CompleteSnapshot(t.Context(), &ebs.CompleteSnapshotInput{SnapshotId: started.SnapshotId, ChangedBlocksCount: aws.Int32(1)}))
	until(t, "completion", func() bool {
		s := b.Inspect().Of("snapshot")
		return s[0].State == "completed" && s[0].Tags["a"] == "1"
	})
	made := must[*ec2.RegisterImageOutput](t)(b.RegisterImage(t.Context(), register))
	b.waitImage(t, *made.ImageId, types.ImageStateAvailable)
	b.run(t, func(in *ec2.RunInstancesInput) { in.ImageId = made.ImageId })
	if n := len(b.Calls()); !slices.Contains(b.Calls(), "CompleteSnapshot") || n < 8 {
		t.Errorf("calls: %v", b.Calls())
	}
}

// TestSession acts as a role, from outside and from an instance.
func TestSession(t *testing.T) {
	b := newBox(t, Options{})
	p := &player{box: b, kept: map[string]string{}}
	for _, line := range []string{
		"iam:CreateRole RoleName=r AssumeRolePolicyDocument={}", "iam:CreateInstanceProfile InstanceProfileName=p", "iam:AddRoleToInstanceProfile InstanceProfileName=p RoleName=r",
	} {
		p.play(t, line, line)
	}
	b.run(t, func(in *ec2.RunInstancesInput) {
		in.IamInstanceProfile = &types.IamInstanceProfileSpecification{Name: aws.String("p")}
	})
	role := b.machines.Started()[0].Launch.Metadata().Role
	p.play(t, "assume", "sts:AssumeRole RoleArn=arn:aws:iam::123456789012:role/r RoleSessionName=me => key=AccessKeyId secret=SecretAccessKey token=SessionToken")
	for _, c := range []struct{ key, secret, token, want, code string }{
		{role.AccessKey, role.SecretKey, role.Token, "assumed-role/r/i-", ""},
		{p.kept["key"], p.kept["secret"], p.kept["token"], "assumed-role/r/me", ""},
		{p.kept["key"], p.kept["secret"], "", "", "InvalidClientTokenId"},
	} {
		client := sts.New(sts.Options{Region: "eu-central-1", BaseEndpoint: &b.url, RetryMaxAttempts: 1, Credentials: credentials.NewStaticCredentialsProvider(c.key, c.secret, c.token)})
		out, err := client.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		if codeOf(err) != c.code || err == nil && !strings.Contains(*out.Arn, c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// disked are machines without anything that want files all the same.
type disked struct{ none *NoMachines }

func (d disked) Start(ctx context.Context, l Launch) (Machine, error) { return d.none.Start(ctx, l) }

// TestReboot makes an image of a running instance, whose machine is off meanwhile.
func TestReboot(t *testing.T) {
	if _, err := exec.LookPath("qemu-img"); err != nil {
		t.Skip("there is no qemu-img")
	}
	none := &NoMachines{}
	b := newBox(t, Options{Machines: disked{none}, Timing: Timing{Snapshot: 50 * time.Millisecond}})
	i := b.run(t, nil)
	m := none.Started()[0]
	if l := m.Launch; len(l.Disks) != 1 || len(l.Volumes) != 1 || *i.BlockDeviceMappings[0].Ebs.VolumeId != l.Volumes[0] {
		t.Errorf("launched with %v, %v", l.Disks, l.Volumes)
	}
	in := &ec2.CreateImageInput{InstanceId: i.InstanceId, Name: aws.String("one"), NoReboot: aws.Bool(true)}
	if _, err := b.CreateImage(t.Context(), in); codeOf(err) != "UnsupportedOperation" {
		t.Errorf("without a reboot: %v", err)
	}
	if _, err := b.CreateSnapshot(t.Context(), &ec2.CreateSnapshotInput{VolumeId: &m.Launch.Volumes[0]}); codeOf(err) != "UnsupportedOperation" {
		t.Errorf("of a volume in use: %v", err)
	}
	before := m.Done()
	in.NoReboot = nil
	made := must[*ec2.CreateImageOutput](t)(b.CreateImage(t.Context(), in))
	if _, err := b.StopInstances(t.Context(), &ec2.StopInstancesInput{InstanceIds: []string{*i.InstanceId}}); codeOf(err) != "IncorrectInstanceState" && err != nil {
		t.Errorf("stopping meanwhile: %v", err)
	}
	<-before
	b.waitImage(t, *made.ImageId, types.ImageStateAvailable)
	in.Name = aws.String("two")
	must[*ec2.CreateImageOutput](t)(b.CreateImage(t.Context(), in))
	must[*ec2.TerminateInstancesOutput](t)(b.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{*i.InstanceId}}))
	b.waitInstance(t, *i.InstanceId, types.InstanceStateNameTerminated)
	<-m.Done()
}
