package ui

import (
	"strings"
	"testing"
	"time"
)

// download reports 100 MiB in 200 steps over 100 seconds.
func download(r *Root, c *clock) {
	u := r.For("b")
	defer u.Step("boot")()
	p := u.Progress("disk.img", 100<<20)
	for range 200 {
		c.forward(500 * time.Millisecond)
		p.Add(1 << 19)
	}
	if err := p.Close(); err != nil {
		panic(err)
	}
	_ = p.Close()
	p.Add(1) // after the end: ignored
}

func TestProgressInALogIsRare(t *testing.T) {
	_, stderr := record(Options{}, download)
	want := `    b: disk.img: 30.0 MiB of 100.0 MiB (30%)
    b: disk.img: 60.0 MiB of 100.0 MiB (60%)
    b: disk.img: 90.0 MiB of 100.0 MiB (90%)
    b: disk.img: 100.0 MiB of 100.0 MiB (100%)
    b: boot took 1m40s
`
	if stderr != want {
		t.Errorf("got:\n%s\nwant:\n%s", stderr, want)
	}
}

func TestBarOnATerminal(t *testing.T) {
	_, stderr := record(Options{Bars: true}, func(r *Root, c *clock) {
		u := r.For("b")
		defer u.Step("boot")()
		p := u.Progress("disk.img", 100)
		c.forward(time.Second)
		_, _ = p.Write(make([]byte, 50))
		u.Say("meanwhile")
		_ = p.Close()
		u.Say("after")
	})
	for _, want := range []string{"disk.img", "50%", "\r==> b: meanwhile\n"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("no %q in %q", want, stderr)
		}
	}
	if !strings.HasSuffix(stderr, "\r==> b: after\n    b: boot took 1.0s\n") {
		t.Errorf("the bar is still there: %q", stderr)
	}
}

func TestNoBarWhenSeveralBuildsRun(t *testing.T) {
	_, stderr := record(Options{Bars: true}, func(r *Root, c *clock) {
		defer r.For("a").Step("boot")()
		download(r, c)
	})
	if strings.Contains(stderr, "\r") || !strings.Contains(stderr, "30.0 MiB of") {
		t.Errorf("want lines and no bar: %q", stderr)
	}
}

func TestBarOfUnknownLengthIsOnlyDrawnByEvents(t *testing.T) {
	_, stderr := record(Options{Bars: true}, func(r *Root, c *clock) {
		p := r.For("b").Progress("disk.img", 0)
		for range 5 {
			c.forward(time.Second)
			p.Add(1 << 20)
		}
		_ = p.Close()
	})
	if n := strings.Count(stderr, "disk.img"); n < 5 || n > 8 || !strings.Contains(stderr, "5.0 MiB") {
		t.Errorf("drawn %d times: %q", n, stderr)
	}
}
