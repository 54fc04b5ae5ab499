package accel

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The canary must get through where 64-bit guests work, and TCG is such a
// place; so its silence under KVM means something.
func TestCanarySingsUnderTCG(t *testing.T) {
	if err := sings(t.Context(), "qemu-system-x86_64", TCG, 30*time.Second); err != nil {
		t.Fatal(err)
	}
}

func TestCanaryIsSilentWithoutLongMode(t *testing.T) {
	rom := canary()
	if len(rom) != 64<<10 {
		t.Fatalf("the image has %d bytes", len(rom))
	}
	// qemu32 has no long mode: setting EFER.LME faults.
	binary := script(t, `exec qemu-system-x86_64 "$@" -cpu qemu32`)
	err := sings(t.Context(), binary, TCG, 3*time.Second)
	if err == nil {
		t.Fatal("it sang on a 32-bit processor")
	}
}

// script makes a fake QEMU.
func script(t *testing.T, body string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "qemu-system-x86_64")
	if err := os.WriteFile(name, []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestProbe(t *testing.T) {
	const vmx = "processor : 0\nflags\t\t: fpu vmx sse\n"
	for name, c := range map[string]struct {
		arch, binary, qemu, cpuinfo string
		noDevice                    bool
		want                        string // the accelerator
		reason                      string // part of it
	}{
		"all well":              {qemu: "exit 85", cpuinfo: vmx, want: KVM},
		"AMD":                   {qemu: "exit 85", cpuinfo: "flags: svm\n", want: KVM},
		"no device":             {qemu: "exit 85", cpuinfo: vmx, noDevice: true, want: TCG, reason: "modprobe"},
		"no vmx":                {qemu: "exit 85", cpuinfo: "flags: fpu vmxnot\nbugs: vmx\n", want: TCG, reason: "neither vmx nor svm"},
		"QEMU refuses":          {qemu: "echo one >&2; echo 'qemu: failed to initialize kvm' >&2; exit 1", cpuinfo: vmx, want: TCG, reason: "here: qemu: failed to initialize kvm"},
		"QEMU aborts silently":  {qemu: "kill -ABRT $$", cpuinfo: vmx, want: TCG, reason: "signal: aborted"},
		"QEMU ends well":        {qemu: "exit 0", cpuinfo: vmx, want: TCG, reason: "without an answer"},
		"the guest hangs":       {qemu: "exec sleep 60", cpuinfo: vmx, want: TCG, reason: "did not answer within 300ms"},
		"no QEMU":               {binary: "/nonexistent/qemu-system-x86_64", cpuinfo: vmx, want: TCG, reason: "no such file"},
		"another architecture":  {binary: "qemu-system-aarch64", cpuinfo: vmx, want: TCG, reason: "aarch64 guest"},
		"ARM needs no cpuinfo":  {arch: "arm64", binary: "qemu-system-aarch64", want: KVM},
		"x86 on ARM":            {arch: "arm64", binary: "qemu-system-x86_64", want: TCG, reason: "x86_64 guest"},
		"a QEMU of other name":  {arch: "arm64", binary: "/usr/libexec/qemu-kvm", want: KVM},
		"no cpuinfo to look at": {qemu: "exit 85", want: TCG, reason: "what the processor can do"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			h := host{arch: "amd64", device: filepath.Join(dir, "kvm"), cpuinfo: filepath.Join(dir, "cpuinfo"), patience: 10 * time.Second}
			if c.arch != "" {
				h.arch = c.arch
			}
			if strings.Contains(c.reason, "300ms") {
				h.patience = 300 * time.Millisecond
			}
			if !c.noDevice {
				write(t, h.device, "")
			}
			if c.cpuinfo != "" {
				write(t, h.cpuinfo, c.cpuinfo)
			}
			if c.binary == "" {
				c.binary = script(t, c.qemu)
			}
			got := h.probe(t.Context(), c.binary)
			if got.Name != c.want || !strings.Contains(got.Reason, c.reason) || (got.Name == KVM) != (got.Reason == "") {
				t.Errorf("got %+v, want %s because of %q", got, c.want, c.reason)
			}
		})
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestProbeStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	start := time.Now()
	if err := sings(ctx, script(t, "exec sleep 60"), TCG, time.Minute); err == nil || time.Since(start) > 5*time.Second {
		t.Errorf("error %v after %s", err, time.Since(start))
	}
}

func TestProbeIsQuick(t *testing.T) {
	start := time.Now()
	got := Probe(t.Context(), "qemu-system-x86_64")
	if took := time.Since(start); took > 4*time.Second { // two, and slack for busy test machines
		t.Errorf("took %s", took)
	}
	if got.Name != KVM && (got.Name != TCG || got.Reason == "") {
		t.Errorf("got %+v", got)
	}
}

func TestDenied(t *testing.T) {
	for want, err := range map[string]error{
		"usermod -aG kvm":     fs.ErrPermission,
		"modprobe":            fs.ErrNotExist,
		"open: device broken": errors.New("device broken"),
	} {
		if got := denied("/dev/kvm", &fs.PathError{Op: "open", Path: "/dev/kvm", Err: err}); !strings.Contains(got, want) {
			t.Errorf("%v: %q", err, got)
		}
	}
}
