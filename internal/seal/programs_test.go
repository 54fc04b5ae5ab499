package seal_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/seal"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// standIns makes a guest's PATH of real programs that are noted when they start.
func standIns(t *testing.T, s *sshtest.Server, names ...string) {
	t.Helper()
	bin := t.TempDir()
	for _, name := range names {
		real, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		script := fmt.Sprintf("#!/bin/sh\necho %s >>\"$OVENBIRD_ROOT/../calls\"\nexec %s \"$@\"\n", name, real)
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o700); err != nil { //nolint:gosec // it is run
			t.Fatal(err)
		}
	}
	for i, e := range s.Env {
		if fakes, ok := strings.CutPrefix(e, "PATH="); ok {
			s.Env[i] = "PATH=" + bin + ":" + strings.Split(fakes, ":")[0] // and nothing else
		}
	}
}

// TestSealPrograms counts the programs that sealing starts, each of which costs
// an emulated guest 50 ms, with those that a small system lacks and without.
func TestSealPrograms(t *testing.T) {
	basic := []string{"sh", "id", "grep", "find", "rm", "cat", "mkdir", "tr", "sort"}
	for name, test := range map[string]struct {
		more []string
		want string // besides the shell
	}{
		"all":           {[]string{"shred"}, "cat cat find fstrim grep grep grep grep grep grep grep grep rm shred sync"},
		"without shred": {[]string{"dd", "wc"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := sshtest.Start(t)
			files := machine()
			install(t, s, files)
			standIns(t, s, append(test.more, basic...)...)
			lives, err := os.Open(filepath.Join(s.Root, "var/lib/systemd/credential.secret"))
			if err != nil {
				t.Fatal(err)
			}
			defer lives.Close()
			if err := seal.Guest(t.Context(), s.Connect(t), seal.Options{BuildKey: buildKey}, &ui.UI{}); err != nil {
				t.Fatal(err)
			}
			block := make([]byte, 6)
			if _, err := lives.ReadAt(block, 0); err != nil || strings.Trim(string(block), "\x00") != "" {
				t.Errorf("a secret is left: %q, %v", block, err)
			}
			text, err := os.ReadFile(s.Root + "/../calls")
			if err != nil {
				t.Fatal(err)
			}
			var calls []string
			for line := range strings.Lines(string(text)) {
				if name := strings.Fields(line)[0]; name != "sh" && name != "id" && name != "sudo" {
					calls = append(calls, name)
				}
			}
			slices.Sort(calls)
			if got := strings.Join(calls, " "); test.want != "" && got != test.want {
				t.Errorf("started %s\nwant %s", got, test.want)
			}
		})
	}
}
