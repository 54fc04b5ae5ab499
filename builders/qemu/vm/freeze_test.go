package vm

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ask gives the answer to a command without arguments.
func ask[T any](t *testing.T, v *VM, command string) (answer T) {
	t.Helper()
	if err := v.monitor.run(t.Context(), &answer, command, nil); err != nil {
		t.Fatal(err)
	}
	return answer
}

func status(t *testing.T, v *VM) string {
	t.Helper()
	return ask[struct{ Status string }](t, v, "query-status").Status
}

// overlays are new tops, in files that are there, for two disks.
func overlays(t *testing.T) []Overlay {
	t.Helper()
	var all []Overlay
	for _, name := range []string{"disk0", "disk1"} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		open := map[string]any{"node-name": name + "-1", "file": map[string]any{"filename": path}}
		all = append(all, Overlay{Node: name, Top: name + "-1", Open: open})
	}
	return all
}

// whole keeps a memory as it is, without the kernel's help, whose errors differ.
func whole(w io.Writer, r io.Reader) error {
	_, err := io.Copy(struct{ io.Writer }{w}, struct{ io.Reader }{r})
	return err
}

// from gives a memory.
func from(r io.Reader) func(io.Writer) error {
	return func(w io.Writer) error { return whole(w, r) }
}

func TestFreeze(t *testing.T) {
	for _, c := range []struct {
		name    string
		button  string
		path    string // of the memory, "" for one that can be written
		change  func([]Overlay)
		stacked bool
		nodes   int // block devices afterwards
		problem string
	}{
		{name: "all is well", stacked: true, nodes: 4},
		{name: "the guest cannot be stopped", button: "stop", nodes: 2, problem: "qmp stop: cannot stop"},
		{name: "an overlay that is not there", change: func(all []Overlay) {
			all[1].Open["file"] = map[string]any{"filename": "/none"}
		}, nodes: 2, problem: "Could not open /none"},
		{name: "a layer that QEMU does not know", change: func(all []Overlay) { all[1].Node = "disk7" }, nodes: 2, problem: "no such node"},
		{name: "no migration", button: "migrate-set-capabilities", stacked: true, nodes: 4, problem: "cannot migrate-set-capabilities"},
		{name: "no limit", button: "migrate-set-parameters", stacked: true, nodes: 4, problem: "cannot migrate-set-parameters"},
		{name: "no socket", button: "migrate", stacked: true, nodes: 4, problem: "cannot migrate"},
		{name: "QEMU gives up", button: "unmovable", stacked: true, nodes: 4, problem: "QEMU could not move the machine's state: No space left on the moon"},
		{name: "no room", path: "/dev/full", stacked: true, nodes: 4, problem: "writing the machine's memory: write /dev/full: no space left on device"},
		{name: "no folder", path: "/none/ram", stacked: true, nodes: 4, problem: "writing the machine's memory: open /none/ram: no such file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := mustStart(t, c.button)
			tops := overlays(t)
			if c.change != nil {
				c.change(tops)
			}
			path := filepath.Join(t.TempDir(), "ram")
			if c.path != "" {
				path = c.path
			}
			if c.path == "/dev/full" { // which must not be removed, whoever runs this
				path = filepath.Join(t.TempDir(), "full")
				if err := os.Symlink(c.path, path); err != nil {
					t.Fatal(err)
				}
				c.problem = strings.ReplaceAll(c.problem, c.path, path)
			}
			stacked, err := v.Freeze(t.Context(), path, whole, tops)
			if stacked != c.stacked || (err != nil) != (c.problem != "") || err != nil && !strings.Contains(err.Error(), c.problem) {
				t.Errorf("stacked: %t, error %v", stacked, err)
			}
			if got := status(t, v); got != "running" {
				t.Errorf("the guest is %s", got)
			}
			if got := ask[int](t, v, "query-named-block-nodes"); got != c.nodes {
				t.Errorf("%d nodes, want %d", got, c.nodes)
			}
			text, err := os.ReadFile(path)
			if c.problem == "" && (err != nil || string(text) != fakeMemory) {
				t.Errorf("memory %q, %v", text, err)
			}
			if _, err := os.Lstat(path); c.problem != "" && !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the memory of a failure is left: %v", err)
			}
			if left, _ := filepath.Glob(filepath.Join(v.private, "ram*")); left != nil {
				t.Errorf("left: %q", left)
			}
		})
	}
}

func TestFreezeTwice(t *testing.T) {
	v := mustStart(t, "")
	tops := overlays(t)
	for range 2 {
		path := filepath.Join(t.TempDir(), "ram")
		if stacked, err := v.Freeze(t.Context(), path, whole, tops); err != nil || !stacked {
			t.Fatalf("stacked: %t, %v", stacked, err)
		}
		for i, o := range tops {
			open := map[string]any{"node-name": o.Top + "x", "file": o.Open["file"]}
			tops[i] = Overlay{Node: o.Top, Top: o.Top + "x", Open: open}
		}
	}
}

// TestFreezeEnds has a state that never ends, and a QEMU that does.
func TestFreezeEnds(t *testing.T) {
	enough := errors.New("enough")
	for button, want := range map[string]string{"endless": "enough", "hang:stop": "enough", "dies": "QEMU ended unexpectedly"} {
		t.Run(button, func(t *testing.T) {
			v := mustStart(t, button)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			path := filepath.Join(t.TempDir(), "ram")
			if button != "dies" {
				timer := time.AfterFunc(100*time.Millisecond, func() { cancel(enough) })
				defer timer.Stop()
			}
			if _, err := v.Freeze(ctx, path, whole, overlays(t)); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v", err)
			}
			if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the memory of a failure is left: %v", err)
			}
		})
	}
}

// resume starts a fake QEMU that is to load its memory.
func resume(t *testing.T, button string) *VM {
	t.Helper()
	t.Setenv(fakeVariable, "1")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	v, err := Start(t.Context(), Options{
		Binary: self, Args: []string{button}, Socket: filepath.Join(t.TempDir(), "qmp"), Log: &bytes.Buffer{}, Resume: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return v
}

// lump is a memory that is larger than any buffer, and may break off.
type lump struct {
	left int
	err  error // at its end
	done bool  // nobody reads it any more
}

func (l *lump) Read(p []byte) (int, error) {
	if l.done {
		panic("it is read after its end")
	}
	if l.left == 0 {
		return 0, l.err
	}
	n := min(len(p), l.left)
	l.left -= n
	return n, nil
}

func TestLoad(t *testing.T) {
	v := resume(t, "")
	if err := v.Load(t.Context(), from(strings.NewReader(fakeMemory))); err != nil {
		t.Fatal(err)
	}
	if got := status(t, v); got != fakeMemory {
		t.Errorf("it loaded %q", got)
	}
	if err := v.Continue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := status(t, v); got != "running" {
		t.Errorf("the guest is %s", got)
	}
}

func TestLoadFails(t *testing.T) {
	torn := errors.New("torn")
	for _, c := range []struct {
		name, button string
		memory       *lump
		problem      string
	}{
		{"QEMU cannot read it", "unloadable", &lump{left: 64 << 20, err: io.EOF}, "QEMU ended unexpectedly (exit status 1): Unknown savevm section"},
		{"QEMU knows no such thing", "migrate-incoming", &lump{left: 64 << 20, err: io.EOF}, "cannot migrate-incoming"},
		{"no events", "migrate-set-capabilities", &lump{err: io.EOF}, "cannot migrate-set-capabilities"},
		{"it breaks off", "", &lump{left: 1 << 20, err: torn}, "torn"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := resume(t, c.button)
			err := v.Load(t.Context(), from(c.memory))
			c.memory.done = true
			if err == nil || !strings.Contains(err.Error(), c.problem) {
				t.Errorf("got %v", err)
			}
		})
	}
	v := resume(t, "cont")
	if err := v.Continue(t.Context()); err == nil || !strings.Contains(err.Error(), "cannot cont") {
		t.Errorf("got %v", err)
	}
}
