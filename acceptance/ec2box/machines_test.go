//go:build vm

package ec2box

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// dies kills the sandbox, and wants its machines to be gone.
func (s *sandbox) dies(t *testing.T) {
	t.Helper()
	if n := s.machines(t); n != 1 {
		t.Errorf("%d machines run, not one", n)
	}
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for tick := time.NewTicker(100 * time.Millisecond); s.machines(t) > 0; <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal("a machine outlives the sandbox")
		}
	}
}

// machines counts the QEMUs that the sandbox started.
func (s *sandbox) machines(t *testing.T) (n int) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		env, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(env), "TMPDIR="+s.tmp+"\x00") {
			continue // of another user, or gone
		}
		if exe, err := os.Readlink(filepath.Join(filepath.Dir(name), "exe")); err == nil && strings.Contains(exe, "qemu-system") {
			n++
		}
	}
	return n
}
