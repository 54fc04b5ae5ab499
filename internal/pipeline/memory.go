package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/templates"
)

// DefaultMaxAge is how long a step is remembered that does not say it, so that
// what is baked every night is never stale.
const DefaultMaxAge = 12 * time.Hour

// boot is the title of the first thing to remember.
const boot = "boot"

// Memory is what a build depends on, step by step, and the keys under which its
// machines are remembered.
type Memory struct {
	Store *checkpoint.Store
	// Steps are the boot and then the provisioners, up to the first that cannot
	// be named.
	Steps []Remembered
	// Image is the key of the artifact, "" when a step cannot be named.
	Image string
	// Unnamed says why the step after the last one cannot be named, "" when all
	// can.
	Unnamed string
}

// Remembered is one step of a build.
type Remembered struct {
	Title  string
	Key    string
	Facts  []stepkey.Fact
	MaxAge time.Duration // 0 is any age
}

// Recall names what a build depends on. It is nil, with the reason, for a build
// that cannot be remembered, and may fetch what the build starts from. With a
// nil store nothing is remembered.
func Recall(ctx context.Context, b *templates.Build, o Options, out *ui.UI) (m *Memory, why string, err error) {
	keyed, ok := b.Builder.(builders.Keyed)
	if !ok || o.Store == nil || b.Cache.Off {
		return nil, "", nil
	}
	h := stepkey.NewHider(o.Secrets, o.Store.Secret())
	digest := func(ctx context.Context, path string) (string, error) {
		return checkpoint.FileDigest(ctx, o.Store, path)
	}
	facts, err := keyed.Facts(ctx, builders.Reader{Hider: h, Digest: digest}, out)
	if errors.Is(err, stepkey.ErrUnnamed) {
		return nil, err.Error(), nil
	}
	if err != nil {
		return nil, "", err
	}
	m = &Memory{Store: o.Store}
	first := Remembered{Title: boot, Facts: slices.Concat([]stepkey.Fact{stepkey.Text("builder", b.Type)}, facts.Boot)}
	if facts.Ages {
		first.MaxAge = o.maxAge(b.Cache.MaxAge)
	}
	m.add(first)
	for i, s := range b.Provisioners {
		own, err := s.Facts(h)
		title := stepName("provisioner", s.Type, s.Name)
		if err == nil && s.Cache.Off {
			err = fmt.Errorf("cache = false: %w", stepkey.ErrUnnamed)
		}
		if errors.Is(err, stepkey.ErrUnnamed) {
			m.Unnamed = title + ": " + err.Error()
			return m, "", nil
		}
		if err != nil {
			return nil, "", &Failure{Range: s.Range, Step: title, Err: err}
		}
		if i == 0 {
			own = slices.Concat(facts.Steps, own)
		}
		m.add(Remembered{Title: title, Facts: own, MaxAge: o.maxAge(s.Cache.MaxAge, b.Cache.MaxAge)})
	}
	m.Image = stepkey.Of(m.Steps[len(m.Steps)-1].Key, facts.Image)
	return m, "", nil
}

// maxAge is the first age that is set, else that of the command line.
func (o Options) maxAge(set ...time.Duration) time.Duration {
	for _, d := range set {
		if d > 0 {
			return d
		}
	}
	if o.MaxAge > 0 {
		return o.MaxAge
	}
	return DefaultMaxAge
}

func (m *Memory) add(r Remembered) {
	parent := ""
	if n := len(m.Steps); n > 0 {
		parent = m.Steps[n-1].Key
	}
	r.Key = stepkey.Of(parent, r.Facts)
	m.Steps = append(m.Steps, r)
}

// Find gives the chain of the deepest machine that is fresh enough, and the
// index of the step it was kept after, or none and -1. Damaged ones are told
// and passed over.
func (m *Memory) Find(tell func(error)) (chain []*checkpoint.Checkpoint, at int, err error) {
	for at := len(m.Steps) - 1; at >= 0; at-- {
		chain, err := m.Store.Chain(m.Steps[at].Key)
		var damage *checkpoint.DamageError
		switch {
		case errors.As(err, &damage):
			tell(damage)
		case err != nil:
			return nil, -1, err
		case chain != nil && m.stale(chain) < 0:
			return chain, at, nil
		}
	}
	return nil, -1, nil
}

// stale is the index of the first step that ran too long ago for one of these
// machines, or -1.
func (m *Memory) stale(chain []*checkpoint.Checkpoint) int {
	next := 0
	for _, c := range chain {
		began := c.Made.Add(-c.Took)
		for ; next < len(m.Steps); next++ {
			if age := m.Steps[next].MaxAge; age > 0 && time.Since(began) > age {
				return next
			}
			if m.Steps[next].Key == c.Key {
				next++
				break
			}
		}
	}
	return -1
}
