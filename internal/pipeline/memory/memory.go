// Package memory knows what builds depend on, step by step, and which of their
// machines and artifacts are remembered under that.
package memory

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/digest"
	"github.com/ovenbird-io/ovenbird/internal/flags"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/templates"
)

// DefaultMaxAge is how long a step is remembered that does not say it, so that
// what is baked every night is never stale.
const DefaultMaxAge = 12 * time.Hour

// refreshed is the age at which a step is too old that is to be done again.
const refreshed = time.Nanosecond

// Options say what is remembered, and for how long.
type Options struct {
	Store    *checkpoint.Store // nil remembers nothing
	Off      bool              // the user wants none
	MaxAge   time.Duration     // of steps that do not say it; 0 is DefaultMaxAge
	Refresh  []string          // steps to do again, as Match takes them
	Secrets  []string          // values that must not be kept as they are
	Template string            // as the user named it
}

// Flags adds the options that a user has.
func (o *Options) Flags(set *flag.FlagSet) {
	set.BoolVar(&o.Off, "no-cache", false, "bake every step, and remember none")
	set.Var(flags.Duration{To: &o.MaxAge}, "cache-max-age", "do a step again that ran longer ago than this `time`, such as 30m, unless the template says it (default 12h)")
	set.Var(flags.List{To: &o.Refresh}, "refresh", "do this `step` again, and all after it: its name, type or number, or boot; may be repeated")
}

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

	image   []stepkey.Fact // what the artifact depends on besides its steps
	results func(image string) string
}

// Remembered is one step of a build.
type Remembered struct {
	Title  string
	Key    string
	Facts  []stepkey.Fact
	MaxAge time.Duration // 0 is any age

	own   []stepkey.Fact // those of the step itself and of what it sees
	again func() ([]stepkey.Fact, error)
}

// StepError is a step that cannot be read.
type StepError struct {
	Title string
	Range hcl.Range
	Err   error
}

func (e *StepError) Error() string { return e.Title + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e *StepError) Unwrap() error { return e.Err }

// Recall names what a build depends on. It is nil, with the reason, for a build
// that cannot be remembered, and may fetch what the build starts from. With a
// nil store nothing is remembered.
func Recall(ctx context.Context, b *templates.Build, o Options, out *ui.UI) (m *Memory, why string, err error) {
	keyed, ok := b.Builder.(builders.Keyed)
	if !ok || o.Store == nil || b.Cache.Off {
		return nil, "", nil
	}
	h := o.hider(b.Builder)
	m = &Memory{Store: o.Store, results: resultKeys(b, h)}
	sha := func(ctx context.Context, path string) (string, error) { return digest.SHA256(ctx, o.Store, path) }
	facts, err := keyed.Facts(ctx, builders.Reader{Hider: h, Digest: sha}, out)
	if errors.Is(err, stepkey.ErrUnnamed) {
		return nil, err.Error(), nil
	}
	if err != nil {
		return nil, "", err
	}
	self, err := itself(ctx, sha)
	if err != nil {
		return nil, err.Error(), nil
	}
	again := chosen(b, o.Refresh)
	age := func(i int, set ...time.Duration) time.Duration {
		if again[i] {
			return refreshed
		}
		return o.maxAge(set...)
	}
	first := Remembered{Title: Boot, Facts: slices.Concat([]stepkey.Fact{self, stepkey.Text("builder", b.Type)}, facts.Boot)}
	if facts.Ages || again[0] {
		first.MaxAge = age(0, b.Cache.MaxAge)
	}
	m.add(first)
	for i, s := range b.Provisioners {
		step := func() ([]stepkey.Fact, error) { return s.Facts(h) }
		own, err := step()
		title := StepName("provisioner", s.Type, s.Name)
		if err == nil && s.Cache.Off {
			err = stepkey.Unnamed("cache = false")
		}
		if errors.Is(err, stepkey.ErrUnnamed) || errors.Is(err, fs.ErrNotExist) { // it may be there by then
			m.Unnamed = title + ": " + err.Error()
			return m, "", nil
		}
		if err != nil {
			return nil, "", &StepError{title, s.Range, err}
		}
		seen, all := slices.Concat(facts.Steps, own), own
		if i == 0 { // the keys of later steps have them from the first
			all = seen
		}
		m.add(Remembered{
			Title: title, Facts: all, MaxAge: age(i+1, s.Cache.MaxAge, b.Cache.MaxAge),
			own: seen, again: func() ([]stepkey.Fact, error) { return facts.With(step) },
		})
	}
	m.image = facts.Image
	m.Image = stepkey.Of(m.Steps[len(m.Steps)-1].Key, m.image)
	return m, "", nil
}

// hider hides the secrets of the run and of the builder's options.
func (o Options) hider(b builders.Builder) stepkey.Hider {
	secrets := slices.Clone(o.Secrets)
	if s, ok := b.(builders.Secretive); ok {
		secrets = append(secrets, s.Secrets()...)
	}
	return stepkey.NewHider(secrets, o.Store.Secret())
}

// itself is this program as a fact: another one may do a step another way.
func itself(ctx context.Context, digest func(context.Context, string) (string, error)) (stepkey.Fact, error) {
	path, err := os.Executable()
	if err != nil {
		return stepkey.Fact{}, fmt.Errorf("finding this program: %w", err)
	}
	sum, err := digest(ctx, path)
	return stepkey.Text("ovenbird itself", "sha256:"+sum), err
}

// same is an error if what the step depends on has changed since its key was
// made: it may have run with either.
func (r Remembered) same() error {
	if r.again == nil {
		return nil
	}
	now, err := r.again()
	if err != nil {
		return err
	}
	if changes := stepkey.Explain(r.own, now); changes != nil {
		return fmt.Errorf("since the build began, %s", strings.Join(changes, ", "))
	}
	return nil
}

// maxAge is the first age that is set, else that of the command line.
func (o Options) maxAge(set ...time.Duration) time.Duration {
	for _, d := range append(set, o.MaxAge) {
		if d > 0 {
			return d
		}
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
	return m.fresh(len(m.Steps)-1, tell)
}

// fresh is Find up to the step of that index.
func (m *Memory) fresh(most int, tell func(error)) (chain []*checkpoint.Checkpoint, at int, err error) {
	return m.deepest(most, tell, func(chain []*checkpoint.Checkpoint) bool { return m.Stale(chain) < 0 })
}

// Deepest is Find for machines of any age.
func (m *Memory) Deepest(tell func(error)) (chain []*checkpoint.Checkpoint, at int, err error) {
	return m.deepest(len(m.Steps)-1, tell, func([]*checkpoint.Checkpoint) bool { return true })
}

// Later tells whether a machine is remembered after the step of that index, or
// one after it.
func (m *Memory) Later(step int) bool {
	_, at, err := m.Deepest(func(error) {})
	return err == nil && at >= step
}

func (m *Memory) deepest(most int, tell func(error), good func([]*checkpoint.Checkpoint) bool) ([]*checkpoint.Checkpoint, int, error) {
	for at := most; at >= 0; at-- {
		chain, err := m.Store.Chain(m.Steps[at].Key)
		var damage *checkpoint.DamageError
		switch {
		case errors.As(err, &damage):
			tell(damage)
		case err != nil:
			return nil, -1, err
		case chain != nil && good(chain):
			return chain, at, nil
		}
	}
	return nil, -1, nil
}

// Stale is the index of the first step that ran too long ago for one of these
// machines, or -1.
func (m *Memory) Stale(chain []*checkpoint.Checkpoint) int {
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

// Age is how long ago that was, for people.
func Age(t time.Time) string {
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

// Old says why the step is too old that began then.
func (r Remembered) Old(began time.Time) string {
	if r.MaxAge == refreshed {
		return "to be done again (-refresh)"
	}
	return fmt.Sprintf("too old: %s, of at most %s", Age(began), brief(r.MaxAge))
}

// brief writes a duration without the zeros that Go ends it with.
func brief(d time.Duration) string {
	text := d.String()
	if s, ok := strings.CutSuffix(text, "m0s"); ok {
		text = s + "m"
	}
	if s, ok := strings.CutSuffix(text, "h0m"); ok {
		text = s + "h"
	}
	return text
}
