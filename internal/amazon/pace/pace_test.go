package pace

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

func TestState(t *testing.T) {
	start := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	s, now := state{}, start
	for range 40 { // 20 a second, and nobody minds
		if wait := s.take(now); wait != 0 {
			t.Fatalf("waited %s", wait)
		}
		now = now.Add(50 * time.Millisecond)
	}
	s.slow(now)
	if s.Rate < 13.9 || s.Rate > 14.1 {
		t.Errorf("the rate is %.2f, want 0.7 of 20", s.Rate)
	}
	for range 10 {
		s.slow(now.Add(10 * time.Millisecond)) // of the same rush
	}
	if s.Rate < 13.9 {
		t.Errorf("the rate is %.2f", s.Rate)
	}
	first := s.take(now)
	if second := s.take(now); second-first < 60*time.Millisecond || second-first > 75*time.Millisecond {
		t.Errorf("%s between two calls", second-first)
	}
	s.slow(now.Add(2 * time.Second))
	if s.Rate > 12 {
		t.Errorf("refused again, and the rate is %.2f", s.Rate)
	}
	for range 20 {
		now = now.Add(2 * time.Second)
		s.slow(now)
	}
	if s.Rate != least {
		t.Errorf("the rate is %.2f, want %.2f", s.Rate, least)
	}
	if now = now.Add(time.Minute); s.take(now) != 0 || s.Rate < 5 {
		t.Errorf("after a minute of peace the rate is %.2f", s.Rate)
	}
	if now = now.Add(24 * time.Hour); s.take(now) != 0 || s.Rate != 0 {
		t.Errorf("after a day of peace the rate is %.2f", s.Rate)
	}
}

// TestClockSetBack has the clock be a day ahead when a service refuses a call.
func TestClockSetBack(t *testing.T) {
	now := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	s := state{}
	s.slow(now.Add(24 * time.Hour))
	if wait := s.take(now); wait != 0 {
		t.Errorf("waits %s", wait)
	}
}

// TestShared has two folders, as of two processes, share one pace.
func TestShared(t *testing.T) {
	dir := t.TempDir()
	one, two := &Folder{Dir: dir}, &Folder{Dir: dir}
	if eu, again := one.Of("ec2", "eu"), one.Of("ec2", "eu"); eu != again || eu == one.Of("ec2", "us") {
		t.Error("a pace is not of its service")
	}
	if err := one.Of("ec2", "eu").Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	two.Of("ec2", "eu").Slow()
	for _, f := range []*Folder{one, two} {
		ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Millisecond, errors.New("enough"))
		defer cancel()
		if err := f.Of("ec2", "eu").Wait(ctx); err == nil || err.Error() != "enough" {
			t.Errorf("not slowed: %v", err)
		}
	}
	if err := one.Of("ec2", "us").Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAlone(t *testing.T) {
	taken := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", taken} {
		synctest.Test(t, func(t *testing.T) {
			p := (&Folder{Dir: dir}).Of("x")
			p.Slow()
			began := time.Now()
			for range 3 {
				if err := p.Wait(t.Context()); err != nil {
					t.Error(err)
				}
			}
			if took := time.Since(began); took < 2*time.Second || took > 10*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// TestDamaged has the file hold something else.
func TestDamaged(t *testing.T) {
	f := &Folder{Dir: t.TempDir()}
	p := f.Of("x")
	if _, err := p.file.WriteAt([]byte("no state at all"), 0); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

func BenchmarkWait(b *testing.B) {
	p := (&Folder{Dir: b.TempDir()}).Of("x")
	for b.Loop() {
		if err := p.Wait(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
