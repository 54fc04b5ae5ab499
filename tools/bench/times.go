package main

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// times are the seconds of one bake. A step's time runs from the moment its
// marker was printed to the next marker, so it holds one connection more than
// the step itself, for both tools.
type times struct {
	whole, boot, nginx, file, tree, scripts time.Duration

	first time.Duration // from the start of the tool to the first step
}

func (t times) String() string {
	return fmt.Sprintf("whole %5.1f s: boot %.1f, nginx %.1f, file %.1f, tree %.1f, scripts %.1f", t.whole.Seconds(), t.boot.Seconds(), t.nginx.Seconds(), t.file.Seconds(), t.tree.Seconds(), t.scripts.Seconds())
}

// clock notes when the markers of the template come by.
type clock struct {
	mu    sync.Mutex
	start time.Time
	text  bytes.Buffer
	seen  map[string]time.Time
}

func (c *clock) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.start.IsZero() {
		c.start = now
	}
	c.text.Write(b)
	for _, m := range regexp.MustCompile(`(?m)(?:^|[:|])\s*step (\w+)\s*\n`).FindAllSubmatch(c.text.Bytes(), -1) {
		if name := string(m[1]); c.seen[name].IsZero() {
			c.seen[name] = now
		}
	}
	return len(b), nil
}

// at is when a marker came by.
func (c *clock) at(name string) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen[name]
}

func (c *clock) times() times {
	return times{
		boot:    c.at("nginx").Sub(c.start),
		nginx:   c.at("file").Sub(c.at("nginx")),
		file:    c.at("tree").Sub(c.at("file")),
		tree:    c.at("scripts").Sub(c.at("tree")),
		scripts: c.at("end").Sub(c.at("scripts")),
	}
}

// report compares the medians.
func report(ours, theirs []times) string {
	if len(ours) == 0 || len(theirs) == 0 {
		return ""
	}
	b := &strings.Builder{}
	for _, row := range []struct {
		name string
		of   func(times) time.Duration
		goal string
	}{
		{"whole", whole, "goal: at most 0.90"},
		{"boot", func(t times) time.Duration { return t.boot }, ""},
		{"nginx", func(t times) time.Duration { return t.nginx }, ""},
		{"file", func(t times) time.Duration { return t.file }, "goal: at most 0.33"},
		{"tree", func(t times) time.Duration { return t.tree }, "goal: at most 0.33"},
		{"scripts", func(t times) time.Duration { return t.scripts }, ""},
	} {
		we, they := median(ours, row.of), median(theirs, row.of)
		fmt.Fprintf(b, "bench: %-8s ovenbird %6.1f s, packer %6.1f s, ratio %.2f  %s\n", row.name, we.Seconds(), they.Seconds(), we.Seconds()/they.Seconds(), row.goal)
	}
	return b.String()
}

func median(all []times, of func(times) time.Duration) time.Duration {
	values := make([]time.Duration, 0, len(all))
	for _, t := range all {
		values = append(values, of(t))
	}
	slices.Sort(values)
	return values[len(values)/2]
}
