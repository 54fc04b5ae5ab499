// Package accel finds out whether QEMU can use the host's hardware
// virtualisation, by using it.
package accel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ovenbird-io/ovenbird/internal/proc"
)

// The accelerators Probe chooses between, as QEMU's -accel names them.
const (
	KVM = "kvm"
	TCG = "tcg"
)

// patience is how long a canary may take; with Probe's other work it stays
// under two seconds. A sound KVM needs a tenth of it.
const patience = 1500 * time.Millisecond

// Result is the accelerator to use.
type Result struct {
	Name   string // KVM or TCG
	Reason string // why not KVM, and what to do about it; "" with KVM
}

// Probe decides whether the named QEMU binary can run guests under KVM. That
// /dev/kvm opens is not enough: on some nested hosts it does, and yet a 64-bit
// guest hangs. So a tiny guest has to get through. It takes up to two seconds.
func Probe(ctx context.Context, binary string) Result {
	return host{
		arch: runtime.GOARCH, device: "/dev/kvm", cpuinfo: "/proc/cpuinfo", patience: patience,
	}.probe(ctx, binary)
}

// host is where Probe looks.
type host struct {
	arch            string
	device, cpuinfo string
	patience        time.Duration
}

func (h host) probe(ctx context.Context, binary string) Result {
	if reason := h.refuses(binary); reason != "" {
		return Result{TCG, reason}
	}
	if h.arch == "amd64" {
		if err := sings(ctx, binary, KVM, h.patience); err != nil {
			return Result{TCG, "KVM does not run a 64-bit guest here: " + err.Error()}
		}
	}
	return Result{Name: KVM}
}

// refuses says why KVM is out of the question, or "".
func (h host) refuses(binary string) string {
	targets := map[string][]string{"amd64": {"x86_64", "i386"}, "arm64": {"aarch64"}}
	target := strings.TrimPrefix(filepath.Base(binary), "qemu-system-")
	same := target == filepath.Base(binary) // some other name: QEMU will know
	for _, t := range targets[h.arch] {
		same = same || t == target
	}
	if !same {
		return fmt.Sprintf("a %s guest cannot use the virtualisation of a host of type %s", target, h.arch)
	}
	f, err := os.OpenFile(h.device, os.O_RDWR, 0)
	if err != nil {
		return denied(h.device, err)
	}
	if err := f.Close(); err != nil {
		return denied(h.device, err)
	}
	if h.arch != "amd64" {
		return ""
	}
	info, err := os.ReadFile(h.cpuinfo)
	if err != nil {
		return fmt.Sprintf("reading what the processor can do: %s", err)
	}
	if !virtualises(string(info)) {
		return h.device + " is there, but the processor has neither vmx nor svm: this machine is itself virtual, without nested virtualisation"
	}
	return ""
}

// denied explains why the device does not open, with the line that helps.
func denied(device string, err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return device + " may not be opened by this user; to fix it: sudo usermod -aG kvm \"$USER\", then log in again"
	case errors.Is(err, fs.ErrNotExist):
		return device + " does not exist; where the processor can virtualise, this helps: sudo modprobe -a kvm_intel kvm_amd"
	}
	return fmt.Sprintf("%s does not open: %s", device, errors.Unwrap(err))
}

// virtualises looks for Intel's or AMD's flag in /proc/cpuinfo.
func virtualises(cpuinfo string) bool {
	for line := range strings.Lines(cpuinfo) {
		name, flags, _ := strings.Cut(line, ":")
		if strings.TrimSpace(name) != "flags" {
			continue
		}
		for _, f := range strings.Fields(flags) {
			if f == "vmx" || f == "svm" {
				return true
			}
		}
	}
	return false
}

// sings runs the canary under an accelerator; nil means it got through.
func sings(ctx context.Context, binary, accel string, patience time.Duration) error {
	rom, err := romFile()
	if err != nil {
		return err
	}
	defer rom.Close()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var stderr bytes.Buffer
	cmd := exec.Command(binary, args(accel, "/proc/self/fd/3")...) //nolint:noctx // proc.Run minds ctx
	cmd.ExtraFiles = []*os.File{rom}                               // descriptor 3 over there
	cmd.Stderr = &stderr
	cmd.WaitDelay = 100 * time.Millisecond
	err = proc.Run(ctx, cmd) // a canary that hangs burns a processor: it must die with us
	if cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == canaryExit {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("a test guest did not answer within %s", patience)
	}
	if last := lastLine(stderr.String()); last != "" {
		return errors.New(last)
	}
	if err == nil {
		return errors.New("a test guest ended without an answer")
	}
	return fmt.Errorf("running a test guest: %w", err)
}

// romFile holds the canary in memory, so that nothing is left when we are
// killed.
func romFile() (*os.File, error) {
	fd, err := unix.MemfdCreate("ovenbird-canary", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("writing the test guest: %w", err)
	}
	f := os.NewFile(uintptr(fd), "ovenbird-canary")
	if _, err := f.Write(canary()); err != nil {
		return nil, fmt.Errorf("writing the test guest: %w", errors.Join(err, f.Close()))
	}
	return f, nil
}

// args is the smallest machine that runs the canary.
func args(accel, rom string) []string {
	cpu := "max"
	if accel == KVM {
		cpu = "host"
	}
	return []string{
		"-accel", accel, "-cpu", cpu, "-machine", "pc", "-m", "16",
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-bios", rom,
		"-device", "isa-debug-exit,iobase=0xf4,iosize=0x4",
	}
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return strings.TrimSpace(s[strings.LastIndex(s, "\n")+1:])
}
