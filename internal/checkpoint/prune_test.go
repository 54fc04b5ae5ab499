package checkpoint

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"testing"
	"time"
)

// used sets when a checkpoint was last used, in hours of one day.
func used(t *testing.T, s *Store, name string, hour int) {
	t.Helper()
	at := time.Date(2026, 1, 1, hour, 0, 0, 0, time.UTC)
	if err := os.Chtimes(s.path(key(name), lockName), at, at); err != nil {
		t.Fatal(err)
	}
}

func titles(all []Info) []string {
	list := []string{}
	for _, i := range all {
		list = append(list, i.Title)
	}
	return list
}

func TestPrune(t *testing.T) {
	type made struct {
		name, parent string
		used         int
	}
	tree := []made{{"boot", "", 1}, {"old", "boot", 2}, {"older", "boot", 1}, {"leaf", "old", 3}}
	for name, c := range map[string]struct {
		have []made
		hold []string
		harm string
		keep int // the budget, in checkpoints
		want []string
	}{
		"all fit":                       {have: tree, keep: 4, want: []string{}},
		"the least recently used first": {have: tree, keep: 3, want: []string{"older"}},
		"a parent after its children":   {have: tree, keep: 2, want: []string{"older", "leaf"}},
		"all":                           {have: tree, keep: 0, want: []string{"older", "leaf", "old", "boot"}},
		"one in use":                    {have: tree, hold: []string{"older"}, keep: 0, want: []string{"leaf", "old"}},
		"one in use, and its parents":   {have: tree, hold: []string{"leaf"}, keep: 0, want: []string{"older"}},
		"a damaged one in any case":     {have: tree, harm: "leaf", keep: 4, want: []string{"leaf"}},
		"what stands on a damaged one":  {have: tree, harm: "old", keep: 4, want: []string{"old", "leaf"}},
		"a damaged one in use":          {have: tree, hold: []string{"leaf"}, harm: "leaf", keep: 0, want: []string{"older"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := openStore(t)
			var size int64
			for _, m := range c.have {
				put(t, s, m.name, m.parent)
			}
			all, err := s.List()
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range all {
				size = i.Size
			}
			for _, name := range c.hold {
				found, err := s.Find(key(name))
				if err != nil {
					t.Fatal(err)
				}
				release, err := s.Hold([]*Checkpoint{found})
				if err != nil {
					t.Fatal(err)
				}
				defer release()
			}
			for _, m := range c.have {
				used(t, s, m.name, m.used)
			}
			if c.harm != "" {
				if err := shorter(s.path(key(c.harm), "ram")); err != nil {
					t.Fatal(err)
				}
			}
			gone, err := s.Prune(size * int64(c.keep))
			if err != nil || !slices.Equal(titles(gone), c.want) {
				t.Errorf("removed %v, %v; want %v", titles(gone), err, c.want)
			}
			if left, err := s.List(); err != nil || len(left) != len(c.have)-len(c.want) {
				t.Errorf("left: %v, %v", titles(left), err)
			}
		})
	}
}

func TestRemove(t *testing.T) {
	s := openStore(t)
	put(t, s, "boot", "")
	put(t, s, "a", "boot")
	put(t, s, "b", "a")
	put(t, s, "c", "boot")
	chain, err := s.Chain(key("b"))
	if err != nil {
		t.Fatal(err)
	}
	release, err := s.Hold(chain)
	if err != nil {
		t.Fatal(err)
	}
	if gone, err := s.Remove(key("a")); err == nil || len(gone) != 0 {
		t.Errorf("in use: removed %v, %v", titles(gone), err)
	}
	release()
	if gone, err := s.Remove(key("a")); err != nil || !slices.Equal(titles(gone), []string{"b", "a"}) {
		t.Errorf("removed %v, %v", titles(gone), err)
	}
	if gone, err := s.Remove(key("a")); !errors.Is(err, fs.ErrNotExist) || len(gone) != 0 {
		t.Errorf("again: removed %v, %v", titles(gone), err)
	}
	if gone, err := s.Remove("a"); err == nil || len(gone) != 0 {
		t.Errorf("a bad key: removed %v, %v", titles(gone), err)
	}
	if left, err := s.List(); err != nil || len(left) != 2 {
		t.Errorf("left: %v, %v", titles(left), err)
	}
}

func TestHold(t *testing.T) {
	s := openStore(t)
	put(t, s, "a", "")
	o := start(t, s, "hold")
	all, err := s.List()
	if err != nil || len(all) != 1 || !all[0].InUse || all[0].Size == 0 || all[0].Used.IsZero() || all[0].Build == "" {
		t.Errorf("held by another process: %+v, %v", all, err)
	}
	if gone, err := s.Prune(0); err != nil || len(gone) != 0 {
		t.Errorf("removed %v, %v", gone, err)
	}
	c, err := s.Find(key("a"))
	if err != nil {
		t.Fatal(err)
	}
	release, err := s.Hold([]*Checkpoint{c}) // many may
	if err != nil {
		t.Fatal(err)
	}
	o.kill()
	if all, err := s.List(); err != nil || !all[0].InUse {
		t.Errorf("held by us: %+v, %v", all, err)
	}
	release()
	release()
	used(t, s, "a", 1)
	if all, err := s.List(); err != nil || all[0].InUse || all[0].Used.Year() != 2026 {
		t.Errorf("released: %+v, %v", all, err)
	}
	if release, err = s.Hold([]*Checkpoint{c}); err != nil {
		t.Fatal(err)
	}
	release()
	if all, err := s.List(); err != nil || time.Since(all[0].Used) > time.Hour {
		t.Errorf("holding it does not mark it as used: %v, %v", all[0].Used, err)
	}
	if gone, err := s.Prune(0); err != nil || len(gone) != 1 {
		t.Errorf("removed %v, %v", gone, err)
	}
	for _, state := range []string{"gone", "made anew"} {
		if release, err := s.Hold([]*Checkpoint{c}); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", state, err)
			release()
		}
		if state == "gone" {
			put(t, s, "a", "")
		}
	}
}

// TestHoldAgainstPrune has one side hold what the other side removes: what is
// held must be whole.
func TestHoldAgainstPrune(t *testing.T) {
	s := openStore(t)
	stop := make(chan struct{})
	pruned := make(chan error)
	go func() {
		defer close(pruned)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := s.Prune(0); err != nil {
				pruned <- err
				return
			}
		}
	}()
	held := 0
	for range 50 {
		c, err := s.Find(key("a")) // the other side may not have come to it
		if c == nil && err == nil {
			c = put(t, s, "a", "")
		}
		if err != nil {
			t.Fatal(err)
		}
		release, err := s.Hold([]*Checkpoint{c})
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		held++
		if err := c.Verify(t.Context()); err != nil {
			t.Error(err)
		}
		release()
	}
	close(stop)
	if err := <-pruned; err != nil {
		t.Error(err)
	}
	t.Logf("held %d of 50", held)
}

// TestPublishHolds has nobody remove a checkpoint whose maker still uses it.
func TestPublishHolds(t *testing.T) {
	s := openStore(t)
	d, err := s.Draft()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.Path("disk"), []byte("disk"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, release, err := d.Publish(t.Context(), Meta{Key: key("a"), Title: "a"})
	if err != nil {
		t.Fatal(err)
	}
	if gone, err := s.Prune(0); len(gone) != 0 || err != nil {
		t.Errorf("removed %d, %v", len(gone), err)
	}
	if _, err := s.Remove(c.Key); err == nil {
		t.Error("it was removed")
	}
	release()
	release()
	if gone, err := s.Prune(0); len(gone) != 1 || err != nil {
		t.Errorf("removed %d, %v", len(gone), err)
	}
}
