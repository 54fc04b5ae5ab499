//go:build vm

package ec2box

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// twoSources bakes the same web server on an instance, and on a local machine
// whose disk becomes an AMI.
const twoSources = `
variable "base" { type = string }

source "amazon-ebs" "web" {
  ami_name      = "baked-there"
  instance_type = "t3.micro"
  ssh_username  = "debian"
  source_ami_filter {
    filters     = { name = "base" }
    owners      = ["self"]
    most_recent = true
  }
}

source "qemu" "web" {
  iso_url          = var.base
  iso_checksum     = "none"
  disk_image       = true
  memory           = 768
  ssh_username     = "debian"
  output_directory = "out"
}

build {
  sources = ["source.amazon-ebs.web", "source.qemu.web"]
  provisioner "shell" {
    environment_vars = ["DEBIAN_FRONTEND=noninteractive"]
    inline = [
      "sudo apt-get -q update",
      "sudo apt-get -q -y install --no-install-recommends nginx-light",
      "echo baked | sudo tee /var/www/html/index.html",
    ]
  }
  post-processor "amazon-ami" {
    only     = ["qemu.web"]
    ami_name = "baked-here"
  }
}
`

// TestOneTemplate bakes one template in both ways; both AMIs boot and serve.
func TestOneTemplate(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	defer cancel()
	s := open(t, "-port", "80")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "web.pkr.hcl"), []byte(twoSources), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, s.binary, "build", "-var", "base="+s.base, "web.pkr.hcl")
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, os.Stderr, os.Stderr
	cmd.Env = append(os.Environ(), s.env...)
	cmd.Env = append(cmd.Env, "HOME="+dir, "XDG_CACHE_HOME=", "OVENBIRD_CACHE_DIR=", "OVENBIRD_STATE_DIR="+filepath.Join(dir, "state"))
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	there := s.run(ctx, t, *s.image(ctx, t, "baked-there").ImageId, "", "")
	here := s.run(ctx, t, *s.image(ctx, t, "baked-here").ImageId, "", "")
	s.serves(ctx, t, there)
	s.serves(ctx, t, here)
}

// serves waits for the web server of an instance.
func (s *sandbox) serves(ctx context.Context, t *testing.T, in types.Instance) {
	t.Helper()
	url := "http://" + net.JoinHostPort(*in.PublicIpAddress, port(in, "80", "8080"))
	client := http.Client{Timeout: 5 * time.Second}
	for tick := time.NewTicker(time.Second); ; {
		said, err := get(ctx, &client, url)
		if err == nil {
			if strings.TrimSpace(said) != "baked" {
				t.Errorf("%s says %q", url, said)
			}
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal(err)
		}
	}
}

func get(ctx context.Context, client *http.Client, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	answer, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	return string(said), err
}
