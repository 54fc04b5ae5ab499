package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// remembered are the times of one round of bakes that remember.
type remembered struct {
	cold    times         // nothing is remembered yet
	nothing time.Duration // nothing has changed
	last    time.Duration // the last step has changed
	fresh   time.Duration // another template on the same base, from start to its first step
}

// remember bakes with an empty store, then again, then with another last step,
// then another template; bake runs one of them with further arguments.
func (t tool) remember(ctx context.Context, dir, out string, args []string, other string) (r remembered, err error) {
	t.env = append(t.env, "OVENBIRD_CACHE_DIR="+filepath.Join(dir, "remembered"))
	if err := os.RemoveAll(filepath.Join(dir, "remembered")); err != nil {
		return r, err
	}
	if r.cold, err = t.bake(ctx, dir, append([]string{"build"}, args...)...); err != nil {
		return r, err
	}
	again, err := t.bake(ctx, dir, append([]string{"build"}, args...)...)
	if err != nil {
		return r, err
	}
	r.nothing = again.whole
	changed, err := t.bake(ctx, dir, append([]string{"build", "-force", "-var", "last=two"}, args...)...)
	if err != nil {
		return r, err
	}
	r.last = changed.whole
	if err := os.RemoveAll(out); err != nil {
		return r, err
	}
	args = append([]string{"build"}, args...)
	args[len(args)-1] = other
	first, err := t.bake(ctx, dir, args...)
	r.fresh = first.first
	return r, err
}

// reportMemory compares the medians: with bakes that remember nothing, and with
// the other tool where there is one.
func reportMemory(ours []times, theirs []times, with []remembered) string {
	if len(with) == 0 || len(ours) == 0 {
		return ""
	}
	b := &strings.Builder{}
	of := func(f func(remembered) time.Duration) float64 {
		all := make([]times, 0, len(with))
		for _, r := range with {
			all = append(all, times{whole: f(r)})
		}
		return median(all, whole).Seconds()
	}
	plain := median(ours, whole).Seconds()
	cold := of(func(r remembered) time.Duration { return r.cold.whole })
	fmt.Fprintf(b, "bench: cold bake         %6.1f s, with -no-cache %6.1f s, ratio %.2f  goal: at most 1.05\n", cold, plain, cold/plain)
	nothing := of(func(r remembered) time.Duration { return r.nothing })
	fmt.Fprintf(b, "bench: nothing changed   %6.2f s  goal: under 0.3\n", nothing)
	fresh, boot := of(func(r remembered) time.Duration { return r.fresh }), median(ours, func(t times) time.Duration { return t.first }).Seconds()
	fmt.Fprintf(b, "bench: known base, to its first step %6.1f s, booted %6.1f s, %.1f times sooner  goal: at least 15\n", fresh, boot, boot/fresh)
	last := of(func(r remembered) time.Duration { return r.last })
	fmt.Fprintf(b, "bench: last step changed %6.1f s", last)
	if len(theirs) > 0 {
		packer := median(theirs, whole).Seconds()
		fmt.Fprintf(b, ", packer %6.1f s, %.1f times faster  goal: at least 10", packer, packer/last)
	}
	return b.String() + "\n"
}

func whole(t times) time.Duration { return t.whole }
