//go:build vm

package debootstrap

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/proc"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// bakeIn bakes a disk into dir and boots it.
func bakeIn(t *testing.T, dir string) {
	t.Helper()
	b := New(builders.Env{Name: "base"}).(*Builder)
	b.OutputDirectory = filepath.Join(dir, "out")
	root := ui.New(ui.Options{Stdout: os.Stdout, Stderr: os.Stderr})
	m, err := b.Boot(t.Context(), root.For("debootstrap.base"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := m.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	art, err := m.Seal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	packages, err := os.ReadFile(art.Details["packages"])
	if err != nil || !strings.Contains(string(packages), "\ncloud-init ") {
		t.Errorf("package list without cloud-init: %v\n%s", err, packages)
	}
	waitForLogin(t, art.Details["disk"])
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// waitForLogin boots the disk and reads its serial console up to the prompt.
func waitForLogin(t *testing.T, disk string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	console, stdout, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("qemu-system-x86_64", "-machine", "pc", "-accel", "tcg,thread=multi", "-m", "768", "-smp", "2",
		"-drive", "if=virtio,snapshot=on,file="+disk, "-nic", "user,model=virtio-net-pci", "-display", "none",
		"-serial", "stdio", "-monitor", "none")
	cmd.Stdout = stdout
	qemu, err := proc.Start(ctx, cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer qemu.Kill()
	if err := stdout.Close(); err != nil {
		t.Fatal(err)
	}
	var seen bytes.Buffer
	buf := make([]byte, 4096)
	for !strings.Contains(seen.String(), "debian login:") {
		n, err := console.Read(buf)
		seen.Write(buf[:n])
		if errors.Is(err, io.EOF) {
			t.Fatalf("no login prompt:\n%s", seen.String())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestBakeAsUser bakes as a normal user, which root does by running this test
// program again as a new user without any rights. Baking as root is part of
// the acceptance tests.
func TestBakeAsUser(t *testing.T) {
	if os.Geteuid() != 0 {
		bakeIn(t, t.TempDir())
		return
	}
	const name = "ovenbird-test"
	run := func(args ...string) error {
		out, err := exec.CommandContext(context.WithoutCancel(t.Context()), args[0], args[1:]...).CombinedOutput()
		t.Logf("%s\n%s", args, out)
		return err
	}
	if err := run("useradd", "--create-home", name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := run("userdel", "--remove", name); err != nil {
			t.Error(err)
		}
	})
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	home := "/home/" + name
	if err := run("install", "-o", name, self, home+"/test"); err != nil {
		t.Fatal(err)
	}
	if err := run("runuser", "-u", name, "--", "env", "-C", home, "TMPDIR=/tmp", home+"/test",
		"-test.run", "TestBakeAsUser", "-test.v"); err != nil {
		t.Error(err)
	}
}
