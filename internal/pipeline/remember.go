package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// remember is how a running build uses what is remembered, and adds to it.
type remember struct {
	*Memory
	parent  string        // key of the checkpoint that the machine stands on
	sum     string        // of that very checkpoint
	held    []func()      // give back what may not be removed meanwhile
	claim   func()        // gives back the right to make the next checkpoint
	since   time.Time     // when the work began that is in no checkpoint yet
	pending chan struct{} // closed when the last freezing has come to its end
	off     bool          // nothing more is frozen
	ran     []time.Time   // when each step began, up to now
}

// image is the key of the artifact, "" when it is not remembered.
func (m *remember) image() string {
	if m == nil {
		return ""
	}
	return m.Image
}

// step notes that the next step begins, the boot being the first.
func (m *remember) step() {
	if m != nil {
		m.ran = append(m.ran, time.Now())
	}
}

// enter starts the machine: a remembered one that is as far on as possible, or
// a new one. Ran tells how many provisioners have run on it.
func (b *build) enter(ctx context.Context) (g guest.Guest, ran int, err error) {
	m := b.memory
	resumer, ok := b.Builder.(builders.Resumer)
	if m == nil || !ok {
		g, err = b.start(ctx, b.Builder.Boot)
		return g, 0, err
	}
	resumer.Remember(m.Store)
	for {
		chain, at, err := b.goOnFrom(ctx)
		if err != nil {
			return nil, 0, err
		}
		m.since = time.Now()
		if chain == nil {
			m.step()
			if g, err = b.start(ctx, b.Builder.Boot); err == nil {
				b.freeze(ctx, 0)
			}
			return g, 0, err
		}
		resume := func(ctx context.Context, out *ui.UI) (builders.Machine, error) {
			return resumer.Resume(ctx, chain, out)
		}
		if g, err = b.start(ctx, resume); err == nil {
			b.resumed(chain)
			return g, at, nil
		}
		if ctx.Err() != nil {
			return nil, 0, err
		}
		if err := b.forget(ctx, chain[len(chain)-1], err); err != nil {
			return nil, 0, err
		}
	}
}

// start boots or resumes the machine, and enters it.
func (b *build) start(ctx context.Context, begin func(context.Context, *ui.UI) (builders.Machine, error)) (guest.Guest, error) {
	machine, err := begin(ctx, b.out)
	if err != nil {
		return nil, err
	}
	b.machine = machine
	return machine.Guest(ctx)
}

// forget drops a remembered machine that does not start.
func (b *build) forget(ctx context.Context, c *checkpoint.Checkpoint, why error) error {
	b.out.Warn("the machine remembered after %s does not start again and is forgotten: %s", c.Title, why.Error())
	var err error
	if b.machine != nil {
		err = b.close(ctx)
		b.machine = nil
	}
	b.letGo()
	return errors.Join(err, b.memory.Store.Drop(c, why.Error()))
}

// goOnFrom finds where to go on, and gets the right to make what comes next:
// while another build is making just that, it is waited for.
func (b *build) goOnFrom(ctx context.Context) (chain []*checkpoint.Checkpoint, at int, err error) {
	m := b.memory
	tell := func(err error) { b.out.Warn("%s", err.Error()) }
	for {
		if chain, at, err = m.Find(tell); err != nil {
			return nil, -1, err
		}
		if at+1 < len(m.Steps) && m.claim == nil {
			waited, err := b.claimNext(ctx, m.Steps[at+1])
			if err != nil {
				return nil, -1, err
			}
			if waited {
				continue
			}
		}
		if chain == nil {
			return nil, -1, nil
		}
		release, err := m.Store.Hold(chain)
		if err == nil {
			m.held = append(m.held, release)
			return chain, at, nil
		}
		b.letGo() // somebody has just removed one
	}
}

// claimNext gets the right to make the step's checkpoint. It has waited when
// somebody else had it, who may have made it.
func (b *build) claimNext(ctx context.Context, next Remembered) (waited bool, err error) {
	store := b.memory.Store
	release, ok, err := store.TryClaim(next.Key)
	if err != nil {
		return false, err
	}
	if ok {
		b.memory.claim = release
		return false, nil
	}
	b.out.Say("%s: another build is at it; waiting for it", next.Title)
	if release, err = store.Claim(ctx, next.Key); err != nil {
		return false, err
	}
	release()
	return true, nil
}

// resumed tells what need not be done again.
func (b *build) resumed(chain []*checkpoint.Checkpoint) {
	m := b.memory
	for _, c := range chain {
		b.saved += c.Took
		for m.ran = append(m.ran, c.Made.Add(-c.Took)); m.Steps[len(m.ran)-1].Key != c.Key; {
			m.ran = append(m.ran, c.Made.Add(-c.Took))
		}
		b.out.Say("%s: remembered, %s old", c.Title, age(c.Made))
	}
	top := chain[len(chain)-1]
	m.parent, m.sum, m.since = top.Key, top.Sum, time.Now()
}

// age is how long ago that was, for people.
func age(t time.Time) string {
	d := time.Since(t)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// freeze remembers the machine as it is after the step of that index, 0 being
// the boot. What cannot be frozen is told once, and the build goes on.
func (b *build) freeze(ctx context.Context, step int) {
	m := b.memory
	if m == nil || step >= len(m.Steps) || ctx.Err() != nil {
		return
	}
	f, ok := b.machine.(builders.Freezer)
	m.settle()
	if !ok || m.off {
		return
	}
	this := m.Steps[step]
	meta := checkpoint.Meta{
		Key: this.Key, Parent: m.parent, ParentSum: m.sum, Title: this.Title, Build: b.ID, Template: b.options.Template,
		Facts: this.Facts, Made: time.Now(), Took: time.Since(m.since),
	}
	err := m.outdate(this.Key)
	var finish builders.Finish
	if err == nil {
		finish, err = f.Freeze(ctx)
	}
	if err != nil {
		b.forgo(ctx, err)
		return
	}
	m.parent, m.since = this.Key, time.Now()
	made := m.claim
	m.claim = nil
	if step+1 < len(m.Steps) { // hand over hand, so that nobody gets in between
		if release, ok, err := m.Store.TryClaim(m.Steps[step+1].Key); err == nil && ok {
			m.claim = release
		}
	}
	pending := make(chan struct{})
	m.pending = pending
	go func() {
		defer close(pending)
		if made != nil {
			defer made()
		}
		if err := b.publish(context.WithoutCancel(ctx), finish, meta); err != nil {
			b.forgo(ctx, err)
		}
	}()
}

func (b *build) publish(ctx context.Context, finish builders.Finish, meta checkpoint.Meta) error {
	c, err := finish(ctx, meta)
	if err != nil {
		return err
	}
	b.published.Store(true)
	b.memory.sum = c.Sum
	release, err := b.memory.Store.Hold([]*checkpoint.Checkpoint{c})
	if err == nil {
		b.memory.held = append(b.memory.held, release)
	}
	return err
}

// outdate removes a machine that is too old to be used, in whose place there
// will be a new one, and all that stand on it.
func (m *remember) outdate(key string) error {
	old, err := m.Store.Find(key)
	if err != nil || old == nil {
		return nil //nolint:nilerr // a damaged one is gone already
	}
	_, err = m.Store.Remove(key)
	return err
}

// forgo gives up remembering for the rest of the build.
func (b *build) forgo(ctx context.Context, err error) {
	b.memory.off = true
	if ctx.Err() == nil {
		b.out.Warn("from here on the machine is not remembered: %s", err.Error())
	}
}

// settle waits until the last freezing has come to its end.
func (m *remember) settle() {
	if m.pending != nil {
		<-m.pending
		m.pending = nil
	}
}

// letGo gives back all that is claimed and held.
func (b *build) letGo() {
	m := b.memory
	m.settle()
	for _, release := range m.held {
		release()
	}
	m.held = nil
	if m.claim != nil {
		m.claim()
		m.claim = nil
	}
}

// recall names what the build depends on, and says what is not remembered.
func (b *build) recall(ctx context.Context) error {
	m, why, err := Recall(ctx, b.Build, b.options, b.out)
	if err != nil {
		return err
	}
	if m == nil {
		if why != "" {
			b.out.Say("this build is not remembered: %s", why)
		}
		return nil
	}
	if m.Unnamed != "" {
		b.out.Say("nothing is remembered from here on: %s", m.Unnamed)
	}
	b.memory = &remember{Memory: m}
	return nil
}
