package scratch

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func exists(t *testing.T, path string) bool {
	t.Helper()
	_, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}

func TestRemoveAndRelease(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*Dir) error
		left bool
	}{"remove": {(*Dir).Remove, false}, "release": {(*Dir).Release, true}} {
		t.Run(name, func(t *testing.T) {
			d, err := New(t.TempDir(), "x-")
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(d.Path)
			if err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
			if err := os.WriteFile(d.Join("a"), []byte("a"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(c.end(d), c.end(d)); err != nil { // twice is once
				t.Error(err)
			}
			if exists(t, d.Path) != c.left {
				t.Errorf("left: %t, want %t", !c.left, c.left)
			}
		})
	}
}

func TestPublish(t *testing.T) {
	for name, c := range map[string]struct {
		stands, replace bool // something is at the final place; it may be replaced
		want            string
	}{
		"a free place": {false, false, "new"}, "a free place, forced": {false, true, "new"},
		"taken": {true, false, "old"}, "taken, forced": {true, true, "new"},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			final := filepath.Join(parent, "out")
			if c.stands {
				if err := errors.Join(os.Mkdir(final, 0o755), os.WriteFile(filepath.Join(final, "a"), []byte("old"), 0o600)); err != nil {
					t.Fatal(err)
				}
			}
			d, err := New(parent, ".x-")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(d.Join("a"), []byte("new"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := d.Publish(final, c.replace); (err == nil) != (c.want == "new") {
				t.Errorf("publishing: %v", err)
			}
			if got, err := os.ReadFile(filepath.Join(final, "a")); err != nil || string(got) != c.want {
				t.Errorf("%q stands there (%v), want %q", got, err, c.want)
			}
			if err := d.Remove(); err != nil {
				t.Error(err)
			}
			if left, err := os.ReadDir(parent); err != nil || len(left) != 1 {
				t.Errorf("left: %v, %v", left, err)
			}
		})
	}
}

// TestMain lets the test binary stand in for a program that is killed.
func TestMain(m *testing.M) {
	parent := os.Getenv("SCRATCH_PARENT")
	if parent == "" {
		os.Exit(m.Run())
	}
	d, err := New(parent, "x-")
	if err != nil {
		panic(err)
	}
	_ = os.WriteFile(d.Join("a"), []byte("a"), 0o600)
	_, _ = os.Stdout.WriteString(d.Path + "\n")
	select {} // until killed
}

func TestKill9LeavesNothing(t *testing.T) {
	parent := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "SCRATCH_PARENT="+parent)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !exists(t, filepath.Join(line[:len(line)-1], "a")) {
		t.Fatalf("%q: %v", line, err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		left, err := os.ReadDir(parent)
		if err != nil {
			t.Fatal(err)
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("left behind: %v", left)
		}
	}
}
