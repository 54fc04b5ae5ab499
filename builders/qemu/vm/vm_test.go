package vm

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// start starts the fake QEMU, whose power button does what is said.
func start(t *testing.T, button string) (*VM, error) {
	t.Helper()
	t.Setenv(fakeVariable, "1")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	v, err := Start(t.Context(), Options{
		Binary: self, Args: []string{button}, Socket: filepath.Join(t.TempDir(), "qmp"), Log: &bytes.Buffer{}, Folder: "/out",
	})
	if err == nil {
		t.Cleanup(func() {
			if err := v.Stop(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
		})
	}
	return v, err
}

func mustStart(t *testing.T, button string) *VM {
	t.Helper()
	v, err := start(t, button)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestStartFails(t *testing.T) {
	if _, err := start(t, "refuse"); err == nil || err.Error() != "QEMU ended unexpectedly (exit status 1): no such machine" {
		t.Errorf("got %v", err)
	}
	o := Options{Binary: "/none/qemu", Socket: filepath.Join(t.TempDir(), "qmp"), Log: &bytes.Buffer{}}
	if _, err := Start(t.Context(), o); err == nil || !strings.HasPrefix(err.Error(), "starting /none/qemu: ") {
		t.Errorf("got %v", err)
	}
	o.Socket = "/none/qmp"
	if _, err := Start(t.Context(), o); err == nil || !strings.HasPrefix(err.Error(), "making the monitor's socket: ") {
		t.Errorf("got %v", err)
	}
}

func TestWatch(t *testing.T) {
	for button, want := range map[string]string{
		"die":     "QEMU ended unexpectedly (exit status 3): bad luck",
		"stop":    "QEMU ended unexpectedly (it exited with status 0)",
		"panic":   "the guest's kernel panicked",
		"nospace": "the host's disk is full: the guest's disk in /out cannot grow; free some space there",
	} {
		t.Run(button, func(t *testing.T) {
			v := mustStart(t, button)
			ctx, cancel := v.Watch(t.Context())
			defer cancel()
			if err := v.Died(); err != nil || ctx.Err() != nil {
				t.Fatalf("already: %v", err)
			}
			// What happens may be faster than the answer.
			_ = v.PowerButton(t.Context())
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Second):
				t.Fatal("nothing is noticed")
			}
			if got := context.Cause(ctx).Error(); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestCrashed(t *testing.T) {
	for button, want := range map[string]bool{"stop": false, "die": true} {
		v := mustStart(t, button)
		_ = v.PowerButton(t.Context()) // the end may be faster than the answer
		if err := v.Crashed(); (err != nil) != want {
			t.Errorf("%s: got %v", button, err)
		}
		if err := v.orDeath(errors.New("lost")); err == nil || !strings.HasPrefix(err.Error(), "QEMU ended") {
			t.Errorf("%s: death is explained by %v", button, err)
		}
		if err := v.Screenshot(t.Context(), "/none"); err == nil || !strings.HasPrefix(err.Error(), "QEMU ended") {
			t.Errorf("%s: a screenshot of the dead: %v", button, err)
		}
	}
}

func TestScreenshot(t *testing.T) {
	v := mustStart(t, "stop")
	path := filepath.Join(t.TempDir(), "screen.png")
	if err := v.Screenshot(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "PNG" {
		t.Errorf("got %q, %v", text, err)
	}
	if err := v.Screenshot(t.Context(), "/none/screen.png"); err == nil || !strings.HasPrefix(err.Error(), "qmp screendump: ") {
		t.Errorf("got %v", err)
	}
	lost := errors.New("lost")
	if err := v.orDeath(lost); !errors.Is(err, lost) {
		t.Errorf("the living are explained by %v", err)
	}
}

func TestForwards(t *testing.T) {
	v := mustStart(t, "stop")
	cases := []struct {
		name             string
		guest, low, high int
		want             int
		problem          string
	}{
		{name: "there already", guest: 22, low: 3000, high: 3010, want: 40723},
		{name: "the first free one", guest: 80, low: 3000, high: 3010, want: 3002},
		{name: "none is free", guest: 80, low: 3003, high: 3004, problem: "QEMU can forward no port from 3003 to 3004 (Could not set up host forwarding rule)"},
		{name: "none is wanted", guest: 80, problem: "QEMU forwards no port to the guest's SSH server"},
	}
	for _, c := range cases {
		got, err := v.ForwardedPort(t.Context(), c.guest, c.low, c.high)
		if got != c.want || (err != nil) != (c.problem != "") || err != nil && !strings.HasPrefix(err.Error(), c.problem) {
			t.Errorf("%s: got %d, %v", c.name, got, err)
		}
	}
}

func TestAttach(t *testing.T) {
	v := mustStart(t, "stop")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	guest := v.Visit(nil, true).(*visitor)
	for _, want := range []string{"/dev/disk/by-id/virtio-bulk1", "/dev/disk/by-id/virtio-bulk2"} {
		device, detach, err := guest.Attach(t.Context(), file)
		if err != nil || device != want {
			t.Fatalf("got %q, %v, want %q", device, err, want)
		}
		if err := detach(t.Context()); err != nil {
			t.Error(err)
		}
		if err := detach(t.Context()); err == nil {
			t.Error("it was there twice")
		}
	}
	if _, _, err := guest.Attach(t.Context(), "/none"); !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "Could not open /none") {
		t.Errorf("a missing file: %v", err)
	}
	if _, _, err := v.Visit(nil, false).(*visitor).Attach(t.Context(), file); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a machine without hot-plug: %v", err)
	}
}
