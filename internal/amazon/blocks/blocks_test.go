package blocks

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func upload1(t *testing.T, s *sandbox, d *disk, o Options) Snapshot {
	t.Helper()
	made, err := Upload(t.Context(), s.client(), d, o)
	if err != nil {
		t.Fatal(err)
	}
	s.holds(t, made.ID, d)
	if err := made.Keep(); err != nil {
		t.Fatal(err)
	}
	return made
}

func TestUpload(t *testing.T) {
	for name, c := range map[string]struct {
		disk       disk
		o          Options
		sent, size int
	}{
		"sparse":    {disk{letters: "ab  c   00d "}, Options{}, 4, 1},
		"empty":     {disk{letters: "    "}, Options{}, 0, 1},
		"cut":       {disk{letters: "a b", cut: Size - 512}, Options{}, 2, 1},
		"large":     {disk{letters: "a" + strings.Repeat(" ", 2050) + "b"}, Options{}, 2, 2},
		"larger":    {disk{letters: "a"}, Options{SizeGiB: 8}, 1, 8},
		"alone":     {disk{letters: "abcdefgh"}, Options{Workers: 1}, 8, 1},
		"encrypted": {disk{letters: "a"}, Options{Encrypted: true, KMSKey: "arn:aws:kms:x", Parent: "snap-1"}, 1, 1},
		"told":      {disk{letters: "a"}, Options{Description: "a disk", Tags: map[string]string{"a": "b", "c": ""}}, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSandbox(t)
			s.lie = true
			made := upload1(t, s, &c.disk, c.o)
			known, _ := s.Look(made.ID)
			if made.Sent != c.sent || made.NonEmpty != c.sent || int(made.SizeGiB) != c.size || int(known.SizeGiB) != c.size {
				t.Errorf("made %+v, which is %+v", made, known)
			}
			if known.Description != c.o.Description || len(known.Tags) != len(c.o.Tags) || known.Encrypted != c.o.Encrypted || known.KMSKey != c.o.KMSKey {
				t.Errorf("it is %+v", known)
			}
			if n := s.count("PutSnapshotBlock"); n != c.sent {
				t.Errorf("%d blocks were put", n)
			}
		})
	}
}

func TestDelta(t *testing.T) {
	const before = "abc  d00e"
	for name, after := range map[string]struct {
		letters    string
		sent, same int
	}{
		"one block":    {"abX  d00e", 1, 4},
		"nothing":      {before, 0, 5},
		"gone":         {"ab   d00e", 1, 4},
		"to zeroes":    {"ab0  d00e", 1, 4},
		"new":          {"abc ed00ef", 2, 5},
		"shorter":      {"abc", 2, 3},
		"all":          {"ABC  D  E", 5, 0},
		"nothing left": {"         ", 5, 0},
	} {
		for _, recorded := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				s := newSandbox(t)
				s.lie = true
				o := Options{Identity: "1"}
				if recorded {
					o.Folder = t.TempDir()
				}
				first := upload1(t, s, &disk{letters: before}, o)
				s.count("PutSnapshotBlock")
				o.Parent, o.Identity = first.ID, "2"
				second := upload1(t, s, &disk{letters: after.letters}, o)
				if n := s.count("PutSnapshotBlock"); n != after.sent || second.Sent != n || second.Same != after.same || second.Parent != first.ID {
					t.Errorf("%d blocks were put; made %+v", n, second)
				}
				if gets := s.count("GetSnapshotBlock"); recorded == (gets > 0) {
					t.Errorf("%d blocks were read", gets)
				}
				o.Parent, o.Identity = second.ID, "3" // a delta to a delta, with explicit zeroes in it
				third := upload1(t, s, &disk{letters: before}, o)
				if third.Sent != after.sent && !strings.HasPrefix(name, "new") {
					t.Errorf("back again made %+v", third)
				}
			})
		}
	}
}

func TestDeltaThatCannotBe(t *testing.T) {
	for name, c := range map[string]struct {
		parent  string
		trouble func(action string, n int) trouble
		letters string
	}{
		"missing":   {"snap-00000000000000099", nil, "ab"},
		"malformed": {"ami-1", nil, "ab"},
		"refused": {"snap-00000000000000001", func(action string, _ int) trouble {
			if action == "ListSnapshotBlocks" {
				return refused
			}
			return none
		}, "ab"},
		"not to start with": {"snap-00000000000000001", func(action string, n int) trouble {
			if action == "StartSnapshot" && n == 2 {
				return refused
			}
			return none
		}, "ab"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSandbox(t)
			upload1(t, s, &disk{letters: "ab"}, Options{})
			s.trouble = c.trouble
			made := upload1(t, s, &disk{letters: c.letters}, Options{Parent: c.parent, Folder: t.TempDir()})
			if made.Sent != 2 || made.Parent != "" {
				t.Errorf("made %+v", made)
			}
		})
	}
	t.Run("larger", func(t *testing.T) {
		s := newSandbox(t)
		large := upload1(t, s, &disk{letters: "ab"}, Options{SizeGiB: 2})
		if made := upload1(t, s, &disk{letters: "ab"}, Options{Parent: large.ID}); made.Sent != 2 {
			t.Errorf("made %+v", made)
		}
	})
}

// Trouble that passes costs one repetition each, not more.
func TestTrouble(t *testing.T) {
	for what, name := range map[trouble]string{busy: "throttled", broken: "unavailable", lost: "answers lost"} {
		t.Run(name, func(t *testing.T) {
			s := newSandbox(t)
			upload1(t, s, &disk{letters: "xyz"}, Options{})
			s.calls = map[string]int{}
			s.trouble = func(_ string, n int) trouble {
				if n%2 == 1 {
					return what
				}
				return none
			}
			made := upload1(t, s, &disk{letters: "abz"}, Options{Parent: "snap-00000000000000001", Workers: 1})
			if made.Sent != 2 || s.snapshots() != "1:completed 2:completed" {
				t.Errorf("made %+v; there are %s", made, s.snapshots())
			}
			for action, want := range map[string]int{"StartSnapshot": 2, "PutSnapshotBlock": 4, "CompleteSnapshot": 2, "ListSnapshotBlocks": 2} {
				if n := s.count(action); n != want {
					t.Errorf("%s was asked for %d times; want %d", action, n, want)
				}
			}
		})
	}
}

func TestTroubleThatStays(t *testing.T) {
	for name, c := range map[string]struct {
		what   trouble
		action string
		o      Options
		want   string
		most   int
	}{
		"refused":     {refused, "PutSnapshotBlock", Options{}, "PutSnapshotBlock of block 0: AccessDenied", 1},
		"unavailable": {broken, "PutSnapshotBlock", Options{Patience: 300 * time.Millisecond}, "no success within 300ms", 6},
		"too late":    {broken, "CompleteSnapshot", Options{Limit: 300 * time.Millisecond}, "not complete within 300ms", 6},
		"no start":    {refused, "StartSnapshot", Options{}, "StartSnapshot of 1 GiB: AccessDeniedException: You may not; allow ebs:StartSnapshot", 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSandbox(t)
			s.trouble = func(action string, _ int) trouble {
				if action == c.action {
					return c.what
				}
				return none
			}
			_, err := Upload(t.Context(), s.client(), &disk{letters: "a"}, c.o)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v", err)
			}
			if n := s.count(c.action); n > c.most {
				t.Errorf("it was asked for %d times", n)
			}
		})
	}
}

// Two runs do not send the same disk side by side.
func TestOneAtATime(t *testing.T) {
	s, dir := newSandbox(t), t.TempDir()
	inside, leave := make(chan struct{}), make(chan struct{})
	var once sync.Once
	d := &disk{letters: "ab", reading: func(int) { once.Do(func() { close(inside); <-leave }) }}
	result := make(chan error)
	go func() {
		_, err := Upload(t.Context(), s.client(), d, Options{Folder: dir})
		result <- err
	}()
	<-inside
	_, err := Upload(t.Context(), s.client(), d, Options{Folder: dir})
	close(leave)
	if first := <-result; first != nil || err == nil || !strings.Contains(err.Error(), "another run") {
		t.Errorf("errors are %v and %v", first, err)
	}
}

// Workers hold a block each, whatever the disk's size.
func TestWorkersAreBounded(t *testing.T) {
	s := newSandbox(t)
	var now, most atomic.Int32
	s.trouble = func(action string, _ int) trouble {
		if action == "PutSnapshotBlock" {
			now.Add(-1)
		}
		return none
	}
	d := &disk{letters: strings.Repeat("ab c", 20)}
	d.reading = func(int) {
		for n := now.Add(1); ; {
			if old := most.Load(); n <= old || most.CompareAndSwap(old, n) {
				return
			}
		}
	}
	if _, err := Upload(t.Context(), s.client(), d, Options{Workers: 4}); err != nil {
		t.Fatal(err)
	}
	if n := most.Load(); n > 4 {
		t.Errorf("%d blocks were held at once", n)
	}
}

func TestBrokenDisk(t *testing.T) {
	s := newSandbox(t)
	if _, err := Upload(t.Context(), s.client(), failing{}, Options{}); err == nil || !strings.Contains(err.Error(), "reading the disk at 524288: it is scratched") {
		t.Errorf("error is %v", err)
	}
}

type failing struct{}

func (failing) Size() int64                              { return 2 * Size }
func (failing) Next(off int64) (from, to int64, e error) { return max(off, Size), 2 * Size, nil }
func (failing) ReadAt([]byte, int64) (int, error)        { return 0, errors.New("it is scratched") }
