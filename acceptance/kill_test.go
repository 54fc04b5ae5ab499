//go:build vm

package acceptance

import (
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// kills ends bakes with kill -9 at random moments, OVENBIRD_KILLS times
// (3), and demands that nothing is left: no process, no temporary file, no
// half-written artifact.
func (l *lab) kills(t *testing.T) {
	kills := 3
	if n, err := strconv.Atoi(os.Getenv("OVENBIRD_KILLS")); err == nil {
		kills = n
	}
	base, err := l.base()
	if err != nil {
		t.Fatal(err)
	}
	template, err := filepath.Abs("testdata/kill.pkr.hcl")
	if err != nil {
		t.Fatal(err)
	}
	whole := time.Minute // how long a bake takes, roughly; the moments are spread over it
	for i := range kills {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			dir := t.TempDir()
			tmp := filepath.Join(dir, "tmp")
			if err := os.Mkdir(tmp, 0o755); err != nil {
				t.Fatal(err)
			}
			moment := time.Duration(rand.Int64N(int64(whole)))
			t.Logf("kill -9 after %s", moment.Round(100*time.Millisecond))
			ctx, cancel := context.WithTimeout(t.Context(), bakeTimeout)
			defer cancel()
			r := run{
				binary: l.binary, dir: dir, env: append(os.Environ(), "TMPDIR="+tmp, "XDG_CACHE_HOME="+filepath.Join(dir, "cache")),
				args: []string{"build", "-var", "base=" + base, template}, until: regexp.MustCompile(`\S`),
				react: func(cmd *exec.Cmd) error { <-time.After(moment); return cmd.Process.Kill() },
			}
			status, err := r.do(ctx)
			if err != nil && status != 0 {
				t.Fatal(err)
			}
			out := filepath.Join(dir, "out")
			if status == 0 { // it was faster than we
				whole = moment
				checkDisk(t, filepath.Join(out, "t.qcow2"))
				out = filepath.Join(dir, "none")
			} else if _, err := os.Stat(out); err == nil {
				// Killed after the artifact was published: then it must be whole.
				checkDisk(t, filepath.Join(out, "t.qcow2"))
				out = filepath.Join(dir, "none")
			}
			if err := clean(tmp, []string{out, filepath.Join(dir, ".*"), filepath.Join(dir, "*.tmp")}); err != nil {
				t.Errorf("%s\n%s", err, r.stderr.String())
			}
		})
	}
}

// checkDisk demands a qcow2 image without errors.
func checkDisk(t *testing.T, disk string) {
	t.Helper()
	if said, err := exec.CommandContext(t.Context(), "qemu-img", "check", "-q", disk).CombinedOutput(); err != nil {
		t.Errorf("%s is not a whole image: %s: %s", disk, err, said)
	}
}
