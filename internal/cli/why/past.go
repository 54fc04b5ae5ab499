package why

import (
	"errors"

	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/pipeline/memory"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
)

// past is what earlier builds left in the store.
type past struct {
	store           *checkpoint.Store
	build, template string
	all             []checkpoint.Info
	parents         map[string]string
}

func newPast(store *checkpoint.Store, build, template string) (*past, error) {
	p := &past{store: store, build: build, template: template, parents: map[string]string{}}
	var err error
	if p.all, err = store.List(); err != nil {
		return nil, err
	}
	for _, i := range p.all {
		p.parents[i.Key] = i.Parent
	}
	return p, nil
}

// find gives the machine to compare a step with that is not remembered: the
// newest that stands on the same one, or else on the same number of others
// after a step of the same title, of this template if there is one.
func (p *past) find(title, parent string, depth int) (*checkpoint.Checkpoint, error) {
	if parent != "" {
		if c, err := p.child(parent); c != nil || err != nil {
			return c, err
		}
	}
	same := func(i checkpoint.Info) bool { return i.Build == p.build && i.Title == title && p.depth(i.Key) == depth }
	c, err := p.newest(func(i checkpoint.Info) bool { return same(i) && i.Template == p.template })
	if c == nil && err == nil {
		c, err = p.newest(same)
	}
	return c, err
}

// child is the newest machine that stands on another one.
func (p *past) child(parent string) (*checkpoint.Checkpoint, error) {
	return p.newest(func(i checkpoint.Info) bool { return i.Parent == parent })
}

func (p *past) newest(fits func(checkpoint.Info) bool) (*checkpoint.Checkpoint, error) {
	var best checkpoint.Info
	for _, i := range p.all {
		if i.Damage == "" && fits(i) && i.Made.After(best.Made) {
			best = i
		}
	}
	if best.Key == "" {
		return nil, nil //nolint:nilnil // there is none
	}
	c, err := p.store.Find(best.Key)
	if damage := (*checkpoint.DamageError)(nil); errors.As(err, &damage) {
		return nil, nil //nolint:nilnil // there is none any more
	}
	return c, err
}

// depth is on how many others a machine stands.
func (p *past) depth(key string) int {
	n := 0
	for parent := p.parents[key]; parent != "" && n <= len(p.all); parent = p.parents[parent] {
		n++
	}
	return n
}

// changes are what differs in a step since then.
func changes(old *checkpoint.Checkpoint, now memory.Remembered) []string {
	return stepkey.Explain(old.Facts, now.Facts)
}
