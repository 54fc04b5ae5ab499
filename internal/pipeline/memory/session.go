package memory

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"sync/atomic"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Session is one build that uses what is remembered, and adds to it. Its owner
// calls Close when the machine is closed.
type Session struct {
	*Memory
	Build string // the build's identity
	Ran   []time.Time

	template string
	out      *ui.UI
	parent   *checkpoint.Checkpoint // that the machine stands on; nil for a new one
	held     []func()               // give back what may not be removed meanwhile
	claim    func()                 // gives back the right to make the next checkpoint
	since    time.Time              // when the work began that is in no checkpoint yet
	pending  chan struct{}          // closed when the last freezing has come to its end
	most     int                    // index of the last step whose machine is of use
	off      atomic.Bool            // nothing more is frozen
	grown    atomic.Bool            // something was put into the store
}

// Open begins to use a memory for a build.
func Open(m *Memory, build string, o Options, out *ui.UI) *Session {
	return &Session{Memory: m, Build: build, template: o.Template, out: out, most: len(m.Steps) - 1}
}

// Begin notes that the next step begins, the boot being the first.
func (s *Session) Begin() {
	if s != nil {
		s.Ran = append(s.Ran, time.Now())
	}
}

// Next finds where to go on, nil for the very beginning, and gets the right to
// make what comes next: while another build is making just that, it is waited
// for.
func (s *Session) Next(ctx context.Context) (chain []*checkpoint.Checkpoint, at int, err error) {
	tell := func(err error) { s.out.Warn("%s", err.Error()) }
	for claimed := ""; ; {
		if chain, at, err = s.fresh(s.most, tell); err != nil {
			return nil, -1, err
		}
		next := ""
		if at+1 < len(s.Steps) {
			next = s.Steps[at+1].Key
		}
		if claimed != next {
			s.Close()
			if next != "" {
				if err := s.claimNext(ctx, s.Steps[at+1]); err != nil {
					return nil, -1, err
				}
			}
			claimed = next
			continue // it may have been made just before
		}
		s.since = time.Now()
		if chain == nil {
			return nil, -1, nil
		}
		release, err := s.Store.Hold(chain)
		if err == nil {
			s.held = append(s.held, release)
			return chain, at, nil
		}
		if !errors.Is(err, fs.ErrNotExist) { // somebody has just removed one
			return nil, -1, err
		}
	}
}

// claimNext gets the right to make the step's checkpoint.
func (s *Session) claimNext(ctx context.Context, next Remembered) error {
	release, ok, err := s.Store.TryClaim(next.Key)
	if err == nil && !ok {
		s.out.Say("%s: another build is at it; waiting for it", next.Title)
		release, err = s.Store.Claim(ctx, next.Key)
	}
	s.claim = release
	return err
}

// Shun passes over a chain, whose machine does not start, for the rest of the
// build. A damaged one is removed, with all that stand on it; any other may be
// sound, and the host at fault: it stays until there is a new one in its place.
func (s *Session) Shun(chain []*checkpoint.Checkpoint, why error) {
	s.out.Warn("the machine remembered after %s does not start again: %s", chain[len(chain)-1].Title, why.Error())
	for s.most = len(s.Steps) - 1; s.most >= 0 && s.Steps[s.most].Key != chain[len(chain)-1].Key; s.most-- {
	}
	s.most--
	var damage *checkpoint.DamageError
	if !errors.As(why, &damage) {
		return
	}
	for _, c := range slices.Backward(chain) {
		if err := s.Store.Drop(c, damage.Why); err != nil {
			s.out.Warn("%s", err.Error())
		}
		if c.Key == damage.Key {
			return
		}
	}
}

// Resumed says that the machine of the chain has been started, and tells how
// long it took to make it.
func (s *Session) Resumed(chain []*checkpoint.Checkpoint) (saved time.Duration) {
	s.parent, s.since = chain[len(chain)-1], time.Now()
	for _, c := range chain {
		saved += c.Took
		began := c.Made.Add(-c.Took)
		for s.Ran = append(s.Ran, began); len(s.Ran) < len(s.Steps) && s.Steps[len(s.Ran)-1].Key != c.Key; {
			s.Ran = append(s.Ran, began)
		}
	}
	return saved
}

// Freeze keeps the machine as it is after the step of that index, 0 being the
// boot, while the build goes on. What cannot be frozen is told once.
func (s *Session) Freeze(ctx context.Context, f builders.Freezer, step int) {
	if s == nil || step >= len(s.Steps) || ctx.Err() != nil {
		return
	}
	if s.Settle(); s.off.Load() {
		return
	}
	this := s.Steps[step]
	if err := this.same(); err != nil {
		s.Stop()
		s.tell(ctx, err)
		return
	}
	meta := checkpoint.Meta{
		Key: this.Key, Title: this.Title, Build: s.Build, Template: s.template,
		Facts: this.Facts, Made: time.Now(), Took: time.Since(s.since),
	}
	if s.parent != nil {
		meta.Parent, meta.ParentSum = s.parent.Key, s.parent.Sum
	}
	err := s.outdate(this.Key)
	var finish builders.Finish
	if err == nil {
		finish, err = f.Freeze(ctx)
	}
	if err != nil {
		s.forgo(ctx, err)
		return
	}
	s.since = time.Now()
	made := s.claim
	s.claim = nil
	if step+1 < len(s.Steps) { // hand over hand, so that nobody gets in between
		if release, ok, err := s.Store.TryClaim(s.Steps[step+1].Key); err == nil && ok {
			s.claim = release
		}
	}
	pending := make(chan struct{})
	s.pending = pending
	go func() {
		defer close(pending)
		if made != nil {
			defer made()
		}
		if err := s.publish(context.WithoutCancel(ctx), finish, meta); err != nil {
			s.forgo(ctx, err)
		}
	}()
}

func (s *Session) publish(ctx context.Context, finish builders.Finish, meta checkpoint.Meta) error {
	c, err := finish(ctx, meta)
	if err != nil {
		return err
	}
	s.grown.Store(true)
	s.parent = c
	release, err := s.Store.Hold([]*checkpoint.Checkpoint{c})
	if err == nil {
		s.held = append(s.held, release)
	}
	return err
}

// outdate removes a machine that is too old to be used, in whose place there
// will be a new one, and all that stand on it.
func (s *Session) outdate(key string) error {
	old, err := s.Store.Find(key)
	if err != nil || old == nil {
		return nil //nolint:nilerr // a damaged one is gone already
	}
	_, err = s.Store.Remove(key)
	return err
}

// Stop gives up remembering for the rest of the build, what it makes too: a
// step was not done as it should be.
func (s *Session) Stop() {
	if s == nil {
		return
	}
	s.Settle()
	s.give()
	s.Image = ""
}

// forgo gives up freezing for the rest of the build.
func (s *Session) forgo(ctx context.Context, err error) {
	s.give()
	s.tell(ctx, err)
}

func (s *Session) tell(ctx context.Context, err error) {
	if ctx.Err() == nil {
		s.out.Warn("from here on the machine is not remembered: %s", err.Error())
	}
}

// give lets others make what this build will not. The last freezing must have
// come to its end, or call this itself.
func (s *Session) give() {
	s.off.Store(true)
	s.unclaim()
}

// unclaim gives back the right to make the next checkpoint.
func (s *Session) unclaim() {
	if s.claim != nil {
		s.claim()
		s.claim = nil
	}
}

// Before says that the machine is kept as it was before the step of that index.
func (s *Session) Before(step int) bool {
	return s != nil && !s.off.Load() && step > 0 && step <= len(s.Steps) && s.parent != nil && s.parent.Key == s.Steps[step-1].Key
}

// Grown says that something was put into the store.
func (s *Session) Grown() bool { return s != nil && s.grown.Load() }

// Settle waits until the last freezing has come to its end.
func (s *Session) Settle() {
	if s != nil && s.pending != nil {
		<-s.pending
		s.pending = nil
	}
}

// Close gives back all that is claimed and held.
func (s *Session) Close() {
	if s == nil {
		return
	}
	s.Settle()
	for _, release := range s.held {
		release()
	}
	s.held = nil
	s.unclaim()
}
