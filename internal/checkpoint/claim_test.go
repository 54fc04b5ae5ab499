package checkpoint

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

func TestClaim(t *testing.T) {
	s := openStore(t)
	var all sync.WaitGroup
	var inside, most atomic.Int32
	for range 16 {
		all.Go(func() {
			for range 20 {
				release, err := s.Claim(t.Context(), key("a"))
				if err != nil {
					t.Error(err)
					return
				}
				if n := inside.Add(1); n > most.Load() {
					most.Store(n)
				}
				inside.Add(-1)
				release()
				release()
			}
		})
	}
	all.Wait()
	if most.Load() != 1 {
		t.Errorf("%d had the claim at the same time", most.Load())
	}
	if left := names(t, s.path("claims")); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	if _, err := s.Claim(t.Context(), "a"); err == nil {
		t.Error("a bad key")
	}
	if _, _, err := s.TryClaim("../" + key("a")); err == nil {
		t.Error("a bad key")
	}
}

func TestClaimOfAnotherProcess(t *testing.T) {
	for name, end := range map[string]func(*other){
		"it releases": func(o *other) { o.tell(); o.expect("done") },
		"it dies":     (*other).kill,
	} {
		t.Run(name, func(t *testing.T) {
			s := openStore(t)
			o := start(t, s, "claim")
			if _, ok, err := s.TryClaim(key("a")); ok || err != nil {
				t.Fatalf("we have it too: %v, %v", ok, err)
			}
			release, ok, err := s.TryClaim(key("b"))
			if !ok || err != nil {
				t.Fatalf("another key: %v, %v", ok, err)
			}
			release()
			enough := errors.New("enough")
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(enough)
			if _, err := s.Claim(ctx, key("a")); !errors.Is(err, enough) {
				t.Errorf("waiting in vain: %v", err)
			}
			got := make(chan error)
			go func() {
				release, err := s.Claim(t.Context(), key("a"))
				if err == nil {
					release()
				}
				got <- err
			}()
			select {
			case err := <-got:
				t.Errorf("it did not wait: %v", err)
			default:
			}
			end(o)
			if err := <-got; err != nil {
				t.Error(err)
			}
		})
	}
}
