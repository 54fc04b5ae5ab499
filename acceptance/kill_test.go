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
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
)

// coldEvery is how often a pair of builds boots its machine: all others go on
// from one that was booted before.
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
	args := func(round, memory int) []string {
		return []string{"build", "-var", "base=" + base, "-var", fmt.Sprint("round=", round), "-var", fmt.Sprint("memory=", memory), template}
	}
	v := victim{dir: t.TempDir()}
	warm := v.bake(t, l, args(0, 768))
	boot, err := l.bootTime()
	if err != nil {
		t.Fatal(err)
	}
	if warm > boot {
		warm -= boot // it had to boot, too
	}
	pairs := (kills + 1) / 2
	colds := (pairs + coldEvery - 1) / coldEvery
	for i := range pairs {
		// How long such a bake takes, how many of this kind there are, and which one this is.
		whole, all, at, memory := warm, pairs-colds, i-i/coldEvery-1, 768
		cold := i%coldEvery == 0
		if cold {
			whole, all, at, memory = warm+boot, colds, i/coldEvery, 769+i/coldEvery
		}
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			var both sync.WaitGroup
			for n := range 2 {
				// One in each of as many parts of the time as there are kills.
				part := float64(2*at+n) + rand.Float64()
				v := victim{dir: t.TempDir(), moment: time.Duration(part / float64(2*all) * float64(whole))}
				t.Logf("kill -9 after %s of %s (cold: %t)", v.moment.Round(100*time.Millisecond), whole.Round(time.Second), cold)
				both.Go(func() { v.bake(t, l, args(i+1, memory)) })
			}
			both.Wait()
			if err := l.sound(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	v = victim{dir: t.TempDir()}
	v.bake(t, l, args(pairs, 768))
}

// bootTime is how long the last boot of a remembered machine took.
func (l *lab) bootTime() (time.Duration, error) {
	s, err := checkpoint.Open(storeIn(l.cache()))
	if err != nil {
		return 0, err
	}
	boots, err := after(s, "boot")
	if err != nil {
		return 0, err
	}
	last := slices.MaxFunc(boots, func(a, b checkpoint.Info) int { return a.Made.Compare(b.Made) })
	c, err := s.Find(last.Key)
	if err != nil {
		return 0, err
	}
	return c.Took, nil
}

// victim is a bake that is to be killed at a moment after its first line, 0 for
// one that is not.
type victim struct {
	dir    string
	moment time.Duration
}

// bake tells how long it took if it was faster than the kill.
func (v victim) bake(t *testing.T, l *lab, args []string) (whole time.Duration) {
	tmp := filepath.Join(v.dir, "tmp")
	if err := os.Mkdir(tmp, 0o755); err != nil {
		t.Error(err)
		return 0
	}
	ctx, cancel := context.WithTimeout(t.Context(), bakeTimeout)
	defer cancel()
	r := run{binary: l.binary, dir: v.dir, args: args, env: l.environ("TMPDIR=" + tmp)}
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
