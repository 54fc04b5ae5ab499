package ec2box

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// awscli is a client that is not of Go's SDK.
type awscli struct {
	path, url string
	env       []string
}

// aws calls it, and gives what it prints.
func (a awscli) aws(t *testing.T, line string, more ...string) (map[string]any, error) {
	t.Helper()
	args := append(strings.Fields(line), more...)
	cmd := exec.CommandContext(t.Context(), a.path, append(args, "--endpoint-url", a.url, "--output", "json", "--no-cli-pager")...)
	cmd.Env = a.env
	raw, err := cmd.Output()
	var out map[string]any
	if err == nil && len(raw) > 0 {
		err = json.Unmarshal(raw, &out)
	}
	return out, err
}

// pick follows names and numbers into what was printed.
func pick(v any, path ...any) any {
	for _, step := range path {
		switch at := v.(type) {
		case map[string]any:
			v = at[step.(string)]
		case []any:
			n, ok := step.(int)
			if !ok || n >= len(at) {
				return nil
			}
			v = at[n]
		default:
			return nil
		}
	}
	return v
}

// newAWSCLI finds Debian's awscli, version 2.
func newAWSCLI(t *testing.T, b *box) awscli {
	t.Helper()
	path := "/usr/bin/aws"
	if _, err := os.Stat(path); err != nil {
		t.Skip("there is no awscli")
	}
	if raw, err := exec.CommandContext(t.Context(), path, "--version").Output(); err != nil || !strings.HasPrefix(string(raw), "aws-cli/2.") {
		t.Skipf("it is not awscli 2: %s", raw)
	}
	return awscli{path, b.url, append(os.Environ(), "AWS_ACCESS_KEY_ID="+AccessKey, "AWS_SECRET_ACCESS_KEY="+SecretKey, "AWS_DEFAULT_REGION=eu-central-1",
		"AWS_MAX_ATTEMPTS=1", "AWS_EC2_METADATA_DISABLED=true", "HOME="+t.TempDir())}
}

// TestAWSCLI bakes an image with a client that knows nothing of us.
func TestAWSCLI(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("awscli takes a second a call")
	}
	b := newBox(t, Options{Timing: Timing{Forgotten: time.Hour}})
	a := newAWSCLI(t, b)
	do := func(line string, more ...string) map[string]any {
		t.Helper()
		out, err := a.aws(t, line, more...)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		return out
	}
	if got := pick(do("sts get-caller-identity"), "Account"); got != "123456789012" {
		t.Errorf("the caller: %v", got)
	}
	if got := pick(do("ec2 describe-images --owners 136693071363"), "Images", 0, "BlockDeviceMappings", 0, "Ebs", "VolumeSize"); got != 8.0 {
		t.Errorf("the base: %v", got)
	}
	do("ec2 create-key-pair --key-name k --key-type ed25519 --tag-specifications ResourceType=key-pair,Tags=[{Key=a,Value=1}]")
	group := pick(do("ec2 create-security-group --group-name g --description d"), "GroupId").(string)
	do("ec2 authorize-security-group-ingress --protocol tcp --port 22 --cidr 127.0.0.0/8 --group-id " + group)
	if got := pick(do("ec2 describe-security-groups --group-ids "+group), "SecurityGroups", 0, "IpPermissions", 0, "IpRanges", 0, "CidrIp"); got != "127.0.0.0/8" {
		t.Errorf("the rule: %v", got)
	}
	run := do("ec2 run-instances --instance-type t3.micro --key-name k --user-data hello --metadata-options HttpTokens=required --security-group-ids "+group+" --image-id "+b.base,
		"--block-device-mappings", `[{"DeviceName":"/dev/xvda","Ebs":{"VolumeSize":9,"DeleteOnTermination":true}}]`)
	id := pick(run, "Instances", 0, "InstanceId").(string)
	do("ec2 wait instance-running --instance-ids " + id)
	if got := pick(do("ec2 describe-instances --instance-ids "+id), "Reservations", 0, "Instances", 0, "PublicIpAddress"); got != "127.0.0.1" {
		t.Errorf("its address: %v", got)
	}
	do("ec2 stop-instances --instance-ids " + id)
	until(t, "stopped", func() bool { return b.Inspect().Of("instance")[0].State == "stopped" })
	image := pick(do("ec2 create-image --name baked --instance-id "+id, "--tag-specifications", "ResourceType=snapshot,Tags=[{Key=of,Value=baked}]"), "ImageId").(string)
	do("ec2 wait image-available --image-ids " + image)
	do("ec2 modify-image-attribute --launch-permission Add=[{UserId=111122223333}] --image-id " + image)
	if got := pick(do("ec2 describe-image-attribute --attribute launchPermission --image-id "+image), "LaunchPermissions", 0, "UserId"); got != "111122223333" {
		t.Errorf("shared with %v", got)
	}
	if got := pick(do("ec2 describe-snapshots --owner-ids self --filters Name=tag:of,Values=baked"), "Snapshots", 0, "VolumeSize"); got != 9.0 {
		t.Errorf("the snapshot: %v", got)
	}
	copied := pick(do("ec2 copy-image --region eu-west-1 --source-region eu-central-1 --name baked --source-image-id "+image), "ImageId").(string)
	do("ec2 wait image-available --region eu-west-1 --image-ids " + copied)
	do("ec2 terminate-instances --instance-ids " + id)
	until(t, "terminated", func() bool { return len(b.Inspect().Of("instance")) == 0 })
	do("ec2 delete-security-group --group-id " + group)
	do("ec2 delete-key-pair --key-name k")
	_, err := a.aws(t, "ec2 deregister-image --dry-run --image-id "+image)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !strings.Contains(string(exit.Stderr), "DryRunOperation") {
		t.Errorf("a dry run: %v", err)
	}
	if c := b.Inspect().Counts(); c["image"] != 2 || c["snapshot"] != 2 || len(c) != 2 {
		t.Errorf("left: %v", c)
	}
}

// TestAWSCLIDirect writes a snapshot block by block, and reads it again.
func TestAWSCLIDirect(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("awscli takes a second a call")
	}
	a := newAWSCLI(t, newBox(t, Options{}))
	do := func(line string, more ...string) map[string]any {
		t.Helper()
		out, err := a.aws(t, line, more...)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		return out
	}
	data := bytes.Repeat([]byte("x"), 512<<10)
	path := filepath.Join(t.TempDir(), "block")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	id := pick(do("ebs start-snapshot --volume-size 1"), "SnapshotId").(string)
	do("ebs put-snapshot-block --block-index 5 --data-length 524288 --checksum-algorithm SHA256 --checksum " + base64.StdEncoding.EncodeToString(sum[:]) + " --block-data " + path + " --snapshot-id " + id)
	do("ebs complete-snapshot --changed-blocks-count 1 --snapshot-id " + id)
	do("ec2 wait snapshot-completed --snapshot-ids " + id)
	block := pick(do("ebs list-snapshot-blocks --snapshot-id "+id), "Blocks", 0)
	if pick(block, "BlockIndex") != 5.0 {
		t.Fatalf("blocks: %v", block)
	}
	do("ebs get-snapshot-block --block-index 5 --snapshot-id " + id + " --block-token " + pick(block, "BlockToken").(string) + " " + path + ".out")
	if got, err := os.ReadFile(path + ".out"); err != nil || !bytes.Equal(got, data) {
		t.Errorf("the block comes back as %d bytes, %v", len(got), err)
	}
}
