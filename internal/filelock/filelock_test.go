package filelock

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestAcquire(t *testing.T) {
	for name, c := range map[string]struct {
		first, second Kind
		free          bool
	}{
		"shared by many":     {Shared, Shared, true},
		"shared, then tried": {Shared, TryExclusive, false},
		"taken, then tried":  {Exclusive, TryExclusive, false},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "lock")
			first, err := Acquire(path, c.first)
			if err != nil {
				t.Fatal(err)
			}
			second, err := Acquire(path, c.second)
			if err != nil || (second != nil) != c.free {
				t.Errorf("got %v, %v", second, err)
			}
			if second != nil {
				second.Close()
			}
			first.Close()
			again, err := Acquire(path, TryExclusive)
			if err != nil || again == nil {
				t.Fatalf("released: %v, %v", again, err)
			}
			again.Close()
		})
	}
	if _, err := Acquire(filepath.Join(t.TempDir(), "none", "lock"), Shared); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// TestRemovedWhileWaiting has the owner remove the file: who waited must have
// the lock of the file that is there then.
func TestRemovedWhileWaiting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := Acquire(path, Exclusive)
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan *os.File)
	go func() {
		f, err := Wait(context.Background(), path)
		if err != nil {
			t.Error(err)
		}
		got <- f
	}()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	first.Close()
	second := <-got
	defer second.Close()
	if third, err := Acquire(path, TryExclusive); third != nil || err != nil {
		t.Errorf("two have it: %v, %v", third, err)
	}
}

func TestWaitEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := Acquire(path, Exclusive)
	if err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	go cancel(enough)
	if f, err := Wait(ctx, path); f != nil || !errors.Is(err, enough) {
		t.Errorf("got %v, %v", f, err)
	}
	first.Close()
	f, err := Wait(t.Context(), path) // what the first wait got was given back
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}

func TestShare(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := Acquire(path, Exclusive)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if err := Share(first); err != nil {
		t.Fatal(err)
	}
	second, err := Acquire(path, Shared)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if third, err := Acquire(path, TryExclusive); third != nil || err != nil {
		t.Errorf("it is free: %v, %v", third, err)
	}
}
