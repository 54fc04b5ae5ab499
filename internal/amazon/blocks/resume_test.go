package blocks

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// interrupt uploads a disk until so many calls of an action have come, of which
// the last one stays without an answer.
func interrupt(t *testing.T, s *sandbox, d *disk, o Options, action string, calls int) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	s.trouble = func(a string, n int) trouble {
		if a == action && n == calls {
			cancel(errors.New("interrupted"))
			return lost
		}
		return none
	}
	o.Workers = 1
	_, err := Upload(ctx, s.client(), d, o)
	if err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Fatalf("error is %v", err)
	}
	s.trouble, s.calls = nil, map[string]int{}
}

func TestResume(t *testing.T) {
	const letters, anew = "ab  cd0ef", -1
	for name, c := range map[string]struct {
		action    string
		calls     int
		between   func(t *testing.T, s *sandbox, d *disk, dir string)
		puts      int
		snapshots string
	}{
		"no start":   {"StartSnapshot", 1, nil, 6, "1:completed"},
		"first":      {"PutSnapshotBlock", 1, nil, 6, "1:completed"},
		"third":      {"PutSnapshotBlock", 3, nil, 4, "1:completed"},
		"last":       {"PutSnapshotBlock", 6, nil, 1, "1:completed"},
		"completion": {"CompleteSnapshot", 1, nil, 0, "1:completed"},
		"changed":    {"PutSnapshotBlock", 3, func(_ *testing.T, _ *sandbox, d *disk, _ string) { d.letters = "Ab  cd0ef" }, anew, "2:completed"},
		"emptied":    {"PutSnapshotBlock", 3, func(_ *testing.T, _ *sandbox, d *disk, _ string) { d.letters = "0b  cd0ef" }, anew, "2:completed"},
		"given up":   {"PutSnapshotBlock", 3, func(_ *testing.T, s *sandbox, _ *disk, _ string) { s.Fail("snap-00000000000000001") }, anew, "2:completed"},
		"torn": {"PutSnapshotBlock", 3, func(t *testing.T, _ *sandbox, _ *disk, dir string) {
			logs, _ := filepath.Glob(filepath.Join(dir, "*.upload"))
			all, err := os.ReadFile(logs[0])
			if err == nil {
				err = os.WriteFile(logs[0], all[:len(all)-3], 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, 5, "1:completed"},
	} {
		t.Run(name, func(t *testing.T) {
			s, d, dir := newSandbox(t), &disk{letters: letters}, t.TempDir()
			tokens := map[string]bool{}
			o := Options{
				Folder: dir, Identity: "x", Abandoned: s.remove, Tags: map[string]string{"run": "1"},
				Creating: func(token string) error { tokens[token] = true; return nil },
				Created: func(token, id string) error {
					if !tokens[token] || id == "" {
						t.Errorf("%s was made with %s", id, token)
					}
					return nil
				},
			}
			interrupt(t, s, d, o, c.action, c.calls)
			if c.between != nil {
				c.between(t, s, d, dir)
			}
			o.Tags = map[string]string{"run": "2"}
			made := upload1(t, s, d, o)
			puts := s.count("PutSnapshotBlock")
			if c.puts == anew { // some may have gone to the old one before it showed
				puts = anew
			}
			if puts != c.puts || s.snapshots() != c.snapshots {
				t.Errorf("%d blocks were put; made %+v; there are %s", puts, made, s.snapshots())
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*.upload")); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
			o.Identity, o.Parent = "y", made.ID // what is known of it is complete
			if again := upload1(t, s, d, o); again.Sent != 0 || s.count("GetSnapshotBlock") != 0 {
				t.Errorf("a delta of nothing made %+v", again)
			}
		})
	}
}

func TestResumeOfADelta(t *testing.T) {
	s, dir := newSandbox(t), t.TempDir()
	first := upload1(t, s, &disk{letters: "abcdef"}, Options{})
	o := Options{Folder: dir, Parent: first.ID}
	s.count("PutSnapshotBlock")
	d := &disk{letters: "aBcDeF"}
	interrupt(t, s, d, o, "PutSnapshotBlock", 2)
	s.count("GetSnapshotBlock")
	made := upload1(t, s, d, o)
	if puts, gets := s.count("PutSnapshotBlock"), s.count("GetSnapshotBlock"); puts != 2 || gets != 3 || made.Sent != 3 || made.Same != 3 {
		t.Errorf("%d blocks were put and %d read; made %+v", puts, gets, made)
	}
}

// What is known of snapshots is forgotten after a while.
func TestSweep(t *testing.T) {
	s, dir := newSandbox(t), t.TempDir()
	old := upload1(t, s, &disk{letters: "ab"}, Options{Folder: dir, Identity: "1"})
	young := upload1(t, s, &disk{letters: "ab"}, Options{Folder: dir, Identity: "2"})
	then := time.Now().Add(-100 * 24 * time.Hour)
	if err := os.Chtimes(recordOf(dir, old.ID), then, then); err != nil {
		t.Fatal(err)
	}
	upload1(t, s, &disk{letters: "ab"}, Options{Folder: dir, Identity: "3"})
	if recorded(dir, old.ID) != nil || recorded(dir, young.ID) == nil {
		t.Error("the wrong one is known")
	}
}

// A snapshot that an earlier run completed is given again until it is kept.
func TestAgain(t *testing.T) {
	s, d := newSandbox(t), &disk{letters: "abc"}
	o := Options{Folder: t.TempDir(), Exists: func(_ context.Context, id string) (bool, error) {
		_, there := s.Look(id)
		return there, nil
	}}
	send := func(want string, puts int) Snapshot {
		t.Helper()
		made, err := Upload(t.Context(), s.client(), d, o)
		if err != nil {
			t.Fatal(err)
		}
		if n := s.count("PutSnapshotBlock"); n != puts || s.snapshots() != want || made.Sent != 3 || made.NonEmpty != 3 {
			t.Errorf("%d blocks were put; made %+v; there are %s", n, made, s.snapshots())
		}
		return made
	}
	send("1:completed", 3)
	first := send("1:completed", 0)
	if err := s.remove(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	if err := send("2:completed", 3).Discard(); err != nil {
		t.Fatal(err)
	}
	if err := s.remove(t.Context(), "snap-00000000000000002"); err != nil {
		t.Fatal(err)
	}
	second := send("3:completed", 3)
	if err := second.Keep(); err != nil {
		t.Fatal(err)
	}
	send("3:completed 4:completed", 3)
}
