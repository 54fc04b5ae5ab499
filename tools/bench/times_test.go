package main

import (
	"strings"
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"a line of each tool", "    qemu.bench: step file\n==> qemu.bench: | step tree\r\n", []string{"file", "tree"}},
		{"the command itself is no marker", "running echo step file && true\n", nil},
		{"a word in the middle", "a misstep file\n", nil},
	} {
		log := &clock{seen: map[string]time.Time{}}
		for _, b := range []byte(c.text) { // split in the worst way
			if _, err := log.Write([]byte{b}); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range c.want {
			if log.seen[name].IsZero() {
				t.Errorf("%s: %s was not seen", c.name, name)
			}
		}
		if len(c.want) == 0 && !log.seen["file"].IsZero() {
			t.Errorf("%s: file was seen", c.name)
		}
	}
}

func TestReport(t *testing.T) {
	s := func(n int) times {
		return times{whole: time.Duration(n) * time.Second, file: time.Duration(n) * time.Second}
	}
	got := report([]times{s(9), s(80), s(7)}, []times{s(18)})
	if !strings.Contains(got, "whole    ovenbird    9.0 s, packer   18.0 s, ratio 0.50") {
		t.Errorf("the median of 7, 9 and 80 is 9:\n%s", got)
	}
	if got := report([]times{s(1)}, nil); got != "" {
		t.Errorf("nothing to compare with, yet: %s", got)
	}
}

func TestReportMemory(t *testing.T) {
	s := func(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
	plain, packer := []times{{whole: s(100), first: s(40)}}, []times{{whole: s(110)}}
	with := []remembered{{cold: times{whole: s(104)}, nothing: s(0.25), last: s(10), fresh: s(2)}}
	got := reportMemory(plain, packer, with)
	for _, want := range []string{"ratio 1.04", "  0.25 s", "20.0 times sooner", "11.0 times faster"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if got := reportMemory(plain, nil, with); strings.Contains(got, "packer") {
		t.Errorf("there is no packer in\n%s", got)
	}
	if got := reportMemory(plain, packer, nil); got != "" {
		t.Errorf("nothing was remembered:\n%s", got)
	}
}
