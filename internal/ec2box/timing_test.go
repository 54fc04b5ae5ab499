package ec2box

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// TestTiming sees that no state is there before its time.
func TestTiming(t *testing.T) {
	b := newBox(t, Options{Timing: Timing{Pending: 50 * time.Millisecond, Image: 50 * time.Millisecond, Snapshot: 50 * time.Millisecond}})
	begin := time.Now()
	b.run(t, nil)
	if took := time.Since(begin); took < 50*time.Millisecond {
		t.Errorf("it ran after %s", took)
	}
	begin = time.Now()
	b.bake(t, "one")
	if took := time.Since(begin); took < 150*time.Millisecond {
		t.Errorf("the image was there after %s", took)
	}
	b.SetTiming(Timing{Forgotten: 1})
	i := b.run(t, nil)
	must[*ec2.TerminateInstancesOutput](t)(b.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{*i.InstanceId}}))
	until(t, "being forgotten", func() bool {
		_, err := b.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{*i.InstanceId}})
		return codeOf(err) == "InvalidInstanceID.NotFound"
	})
}

// TestPowerOff lets guests shut themselves down.
func TestPowerOff(t *testing.T) {
	b := newBox(t, Options{})
	for behaviour, end := range map[types.ShutdownBehavior]types.InstanceStateName{types.ShutdownBehaviorStop: types.InstanceStateNameStopped, types.ShutdownBehaviorTerminate: types.InstanceStateNameTerminated} {
		i := b.run(t, func(in *ec2.RunInstancesInput) { in.InstanceInitiatedShutdownBehavior = behaviour })
		all := b.machines.Started()
		all[len(all)-1].PowerOff()
		b.waitInstance(t, *i.InstanceId, end)
		if reason := b.instance(t, *i.InstanceId).StateReason; *reason.Code != "Client.InstanceInitiatedShutdown" {
			t.Errorf("%s: %v", behaviour, *reason.Code)
		}
	}
}

// TestRestart goes on with a folder.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	b := newBox(t, Options{Dir: dir})
	i := b.run(t, func(in *ec2.RunInstancesInput) { in.ClientToken = aws.String("t") })
	image := b.bake(t, "one")
	if err := b.Server.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	again := newBox(t, Options{Dir: dir})
	if again.base != b.base {
		t.Errorf("the base is another image: %s", again.base)
	}
	if now := again.instance(t, *i.InstanceId); now.State.Name != types.InstanceStateNameStopped {
		t.Errorf("the instance is %s", now.State.Name)
	}
	if now := again.image(t, *image.ImageId); now.State != types.ImageStateAvailable {
		t.Errorf("the image is %s", now.State)
	}
	out := must[*ec2.RunInstancesOutput](t)(again.RunInstances(t.Context(), &ec2.RunInstancesInput{ImageId: &b.base, InstanceType: types.InstanceTypeT3Micro, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), ClientToken: aws.String("t")}))
	if *out.Instances[0].InstanceId != *i.InstanceId {
		t.Error("the token was forgotten")
	}
	must[*ec2.StartInstancesOutput](t)(again.StartInstances(t.Context(), &ec2.StartInstancesInput{InstanceIds: []string{*i.InstanceId}}))
	again.waitInstance(t, *i.InstanceId, types.InstanceStateNameRunning)
}

// TestHidden sees that what was made is not known everywhere at once.
func TestHidden(t *testing.T) {
	b := newBox(t, Options{Timing: Timing{Hidden: 100 * time.Millisecond, Profile: 100 * time.Millisecond}})
	p := &player{box: b, kept: map[string]string{"base": b.base}}
	for _, line := range []string{
		"CreateSecurityGroup GroupName=g GroupDescription=d => g=groupId",
		"DescribeSecurityGroups GroupId.1=$g ! InvalidGroup.NotFound",
		"AuthorizeSecurityGroupIngress GroupId=$g IpProtocol=tcp FromPort=22 ToPort=22 CidrIp=127.0.0.0/8 ! InvalidGroup.NotFound",
		"until DescribeSecurityGroups GroupId.1=$g ~ $g",
		"iam:CreateRole RoleName=r AssumeRolePolicyDocument={}",
		"iam:CreateInstanceProfile InstanceProfileName=p",
		"iam:AddRoleToInstanceProfile InstanceProfileName=p RoleName=r",
		"RunInstances ImageId=$base InstanceType=t3.micro MinCount=1 MaxCount=1 IamInstanceProfile.Name=p ! InvalidParameterValue",
		"until RunInstances ImageId=$base InstanceType=t3.micro MinCount=1 MaxCount=1 IamInstanceProfile.Name=p ~ pending => i=instanceId",
		"DescribeInstances InstanceId.1=$i ! InvalidInstanceID.NotFound",
		"until DescribeInstances InstanceId.1=$i ~ running",
		"TerminateInstances InstanceId.1=$i",
	} {
		p.play(t, line, line)
	}
}

// slow are machines that take their time to start.
type slow struct {
	*NoMachines
	go1 chan struct{}
}

func (s slow) Start(ctx context.Context, l Launch) (Machine, error) {
	<-s.go1
	return s.NoMachines.Start(ctx, l)
}

// TestTerminatePending terminates what boots: it is gone, with its disks, when
// that has ended.
func TestTerminatePending(t *testing.T) {
	s := slow{&NoMachines{}, make(chan struct{})}
	b := newBox(t, Options{Machines: s})
	out := must[*ec2.RunInstancesOutput](t)(b.RunInstances(t.Context(), &ec2.RunInstancesInput{ImageId: &b.base, InstanceType: types.InstanceTypeT3Micro, MinCount: aws.Int32(1), MaxCount: aws.Int32(1)}))
	id := *out.Instances[0].InstanceId
	must[*ec2.TerminateInstancesOutput](t)(b.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{id}}))
	if i := b.instance(t, id); i.State.Name != types.InstanceStateNameShuttingDown {
		t.Errorf("it is %s", i.State.Name)
	}
	close(s.go1)
	b.waitInstance(t, id, types.InstanceStateNameTerminated)
	until(t, "no volume", func() bool { return len(b.Inspect()) == 0 })
	<-s.Started()[0].Done()
}

// TestOriginsGo lets what things are made of be deleted while they are made.
func TestOriginsGo(t *testing.T) {
	b := newBox(t, Options{})
	for n := range 20 {
		i := b.stopped(t)
		name := fmt.Sprint("image ", n)
		made := must[*ec2.CreateImageOutput](t)(b.CreateImage(t.Context(), &ec2.CreateImageInput{InstanceId: i.InstanceId, Name: &name}))
		must[*ec2.TerminateInstancesOutput](t)(b.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{*i.InstanceId}}))
		b.waitImage(t, *made.ImageId, types.ImageStateAvailable)
		snapshot := b.image(t, *made.ImageId).BlockDeviceMappings[0].Ebs.SnapshotId
		west := b.in("eu-west-1")
		copied := must[*ec2.CopyImageOutput](t)(west.CopyImage(t.Context(), &ec2.CopyImageInput{Name: &name, SourceImageId: made.ImageId, SourceRegion: aws.String("eu-central-1")}))
		run := must[*ec2.RunInstancesOutput](t)(b.RunInstances(t.Context(), &ec2.RunInstancesInput{ImageId: made.ImageId, InstanceType: types.InstanceTypeT3Micro, MinCount: aws.Int32(1), MaxCount: aws.Int32(1)}))
		must[*ec2.DeregisterImageOutput](t)(b.DeregisterImage(t.Context(), &ec2.DeregisterImageInput{ImageId: made.ImageId}))
		must[*ec2.DeleteSnapshotOutput](t)(b.DeleteSnapshot(t.Context(), &ec2.DeleteSnapshotInput{SnapshotId: snapshot}))
		b.waitInstance(t, *run.Instances[0].InstanceId, types.InstanceStateNameRunning)
		until(t, "the copy", func() bool {
			out := must[*ec2.DescribeImagesOutput](t)(west.DescribeImages(t.Context(), &ec2.DescribeImagesInput{ImageIds: []string{*copied.ImageId}}))
			return out.Images[0].State == types.ImageStateAvailable
		})
	}
}

// TestOthers keeps what others own from those who may not see it.
func TestOthers(t *testing.T) {
	b := newBox(t, Options{})
	id := must[string](t)(b.AddImage(t.Context(), Image{Name: "theirs", Owner: "999988887777"}))
	_, err := b.DescribeImages(t.Context(), &ec2.DescribeImagesInput{ImageIds: []string{id}})
	if codeOf(err) != "InvalidAMIID.NotFound" {
		t.Errorf("described: %v", err)
	}
	out := must[*ec2.DescribeImagesOutput](t)(b.DescribeImages(t.Context(), &ec2.DescribeImagesInput{}))
	if len(out.Images) != 1 {
		t.Errorf("there are %d images", len(out.Images))
	}
	if _, err := b.AddImage(t.Context(), Image{Name: "x", Region: "mars-1"}); err == nil {
		t.Error("an image for a region that is not there")
	}
	if _, err := b.AddImage(t.Context(), Image{Name: "x", Path: "/nowhere"}); err == nil {
		t.Error("an image of a file that is not there")
	}
}

func TestLimit(t *testing.T) {
	b := newBox(t, Options{Limit: Limit{Burst: 2, PerSecond: 1}})
	now := time.Now()
	for n, c := range []struct {
		after  time.Duration
		action string
		code   string
	}{
		{0, "A", ""},
		{0, "A", ""},
		{0, "A", "RequestLimitExceeded"},
		{0, "B", ""},
		{time.Second, "A", ""},
		{0, "A", "RequestLimitExceeded"},
		{time.Minute, "A", ""},
		{0, "A", ""},
		{0, "A", "RequestLimitExceeded"},
	} {
		now = now.Add(c.after)
		if err := b.throttled("eu-west-1", c.action, now); (err != nil) != (c.code != "") {
			t.Errorf("call %d: %v", n+1, err)
		}
	}
	b = newBox(t, Options{Limit: Limit{Burst: 2}})
	for range 2 {
		must[*ec2.DescribeRegionsOutput](t)(b.DescribeRegions(t.Context(), &ec2.DescribeRegionsInput{}))
	}
	if _, err := b.DescribeRegions(t.Context(), &ec2.DescribeRegionsInput{}); codeOf(err) != "RequestLimitExceeded" {
		t.Errorf("the third: %v", err)
	}
}
