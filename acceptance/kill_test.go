//go:build vm

package acceptance

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"
)

// coldEvery is how often a pair of builds finds no machine that it could go on
// from, of those that an earlier pair left.
const coldEvery = 3

// kills ends bakes with kill -9 at random moments, OVENBIRD_KILLS of them (6), two
// at a time that want the same machines of one store. After each pair, nothing
// may be left of them but what is whole; in the end a bake has to succeed.
func (l *lab) kills(t *testing.T) {
	kills := 6
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
	cache := filepath.Join(t.TempDir(), "cache")
	pairs := (kills + 1) / 2
	// How long such a bake takes, roughly, from its first line on.
	whole := map[bool]time.Duration{true: 75 * time.Second, false: 16 * time.Second}
	last := []string{"build", "-var", "base=" + base, template}
	for i := range pairs {
		cold := i%coldEvery == 0
		all := (pairs + coldEvery - 1) / coldEvery // of this kind
		if !cold {
			all = pairs - all
		}
		at := i / coldEvery
		if !cold {
			at = i - i/coldEvery - 1
		}
		args := []string{
			"build", "-var", "base=" + base,
			"-var", fmt.Sprint("memory=", 768+i/coldEvery), "-var", fmt.Sprint("round=", i), template,
		}
		last = args
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			var both sync.WaitGroup
			var faster [2]time.Duration
			for n := range 2 {
				// One in each of as many parts of the time as there are kills.
				part := float64(2*at+n) + rand.Float64()
				moment := time.Duration(part / float64(2*all) * float64(whole[cold]))
				t.Logf("kill -9 after %s (cold: %t)", moment.Round(100*time.Millisecond), cold)
				v := victim{dir: t.TempDir(), moment: moment}
				both.Go(func() { faster[n] = v.bake(t, l, cache, args) })
			}
			both.Wait()
			if d := max(faster[0], faster[1]); d > 0 {
				whole[cold] = d
			}
			if err := l.sound(t.Context(), cache); err != nil {
				t.Error(err)
			}
		})
	}
	v := victim{dir: t.TempDir()}
	v.bake(t, l, cache, last)
}

// victim is a bake that is to be killed at a moment after its first line, 0 for
// one that is not.
type victim struct {
	dir    string
	moment time.Duration
}

// bake tells how long it took if it was faster than the kill.
func (v victim) bake(t *testing.T, l *lab, cache string, args []string) (whole time.Duration) {
	tmp := filepath.Join(v.dir, "tmp")
	if err := os.Mkdir(tmp, 0o755); err != nil {
		t.Error(err)
		return 0
	}
	ctx, cancel := context.WithTimeout(t.Context(), bakeTimeout)
	defer cancel()
	r := run{binary: l.binary, dir: v.dir, args: args, env: append(os.Environ(), "TMPDIR="+tmp, "XDG_CACHE_HOME="+cache, "OVENBIRD_CACHE_DIR=")}
	if v.moment > 0 {
		r.until = regexp.MustCompile(`\S`)
		r.react = func(running context.Context, cmd *exec.Cmd) error {
			select {
			case <-time.After(v.moment):
			case <-running.Done():
			}
			if err := cmd.Process.Kill(); !errors.Is(err, os.ErrProcessDone) {
				return err
			}
			return nil
		}
	}
	began := time.Now()
	status, err := r.do(ctx)
	if err != nil || status > 0 || status != 0 && v.moment == 0 {
		t.Errorf("exit status %d: %v\n%s", status, err, r.stderr.String())
	}
	out := filepath.Join(v.dir, "out")
	if _, err := os.Stat(out); status == 0 || err == nil { // once it is there, it is whole
		checkDisk(t, filepath.Join(out, "t.qcow2"))
		out = filepath.Join(v.dir, "none")
	}
	if err := clean(tmp, []string{out, filepath.Join(v.dir, ".*"), filepath.Join(v.dir, "*.tmp")}); err != nil {
		t.Errorf("%s\n%s", err, r.stderr.String())
	}
	if status != 0 {
		return 0
	}
	return time.Since(began)
}

// checkDisk demands a qcow2 image without errors.
func checkDisk(t *testing.T, disk string) {
	t.Helper()
	if said, err := exec.CommandContext(t.Context(), "qemu-img", "check", "-q", disk).CombinedOutput(); err != nil {
		t.Errorf("%s is not a whole image: %s: %s", disk, err, said)
	}
}
