// Package gc removes what dead runs left in the cloud: what the journal of this
// machine knows of, and what the tags say nobody needs any more. What it did not
// make, what somebody uses, and what a run that lives has, stays.
package gc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
)

// Options say where to look and what to do.
type Options struct {
	Account *access.Account
	Journal *journal.Journal
	Regions []string // none is every region of the account
	DryRun  bool     // only tells
	Now     time.Time
	Tell    func(Item)   // is told of each thing, one at a time
	Note    func(string) // is told what could not be looked at, one at a time
}

// Outcomes of things.
const (
	Removed = "removed"
	Kept    = "kept"
	Failed  = "failed" // Why says for what reason
)

// Item is one thing that is or was there.
type Item struct {
	Kind    string // as in the journal
	ID      string
	Name    string
	Region  string
	Tags    map[string]string
	Outcome string // "" is to be removed
	Why     string
}

func (i Item) run() string { return i.Tags[journal.RunTag] }

// Label is what the thing is called: its name where that says more.
func (i Item) Label() string {
	switch {
	case i.Name == "" || i.ID == i.Name:
		return i.ID
	case i.ID == "":
		return i.Name
	}
	return i.ID + " (" + i.Name + ")"
}

// parallel is how many regions are looked at side by side.
const parallel = 6

// collector is one collection.
type collector struct {
	Options
	mu     sync.Mutex
	ledger ledger
	failed int // things
}

// Collect removes all that dead runs left, and what it depends on first. The
// error says what could not be removed; all else is.
func Collect(ctx context.Context, o Options) error {
	c := &collector{Options: o}
	if c.Now.IsZero() {
		c.Now = time.Now()
	}
	if err := c.read(ctx); err != nil {
		return err
	}
	if err := c.regions(ctx); err != nil {
		return err
	}
	var errs []error
	var all errgroup.Group
	all.SetLimit(parallel)
	for _, name := range c.Regions {
		all.Go(func() error {
			err := c.sweep(ctx, name)
			c.mu.Lock()
			errs = append(errs, err)
			c.mu.Unlock()
			return nil
		})
	}
	_ = all.Wait() // the errors are in errs
	errs = append(errs, c.sweepRights(ctx), c.rest())
	if c.failed > 0 {
		errs = append(errs, fmt.Errorf("%d of what is left could not be removed; gc tries again when it runs again", c.failed))
	}
	return errors.Join(errs...)
}

// regions are those asked for, or all of the account and all that the journal
// knows of.
func (c *collector) regions(ctx context.Context) error {
	if len(c.Regions) > 0 {
		return nil
	}
	all, err := c.Account.Regions(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		c.note("only the regions of the journal and %s are looked at: %s", c.Account.Region(), err)
		all = []string{c.Account.Region()}
	}
	c.Regions = append(c.ledger.regions(), all...)
	slices.Sort(c.Regions)
	c.Regions = slices.Compact(c.Regions)
	return nil
}

// sweep removes what is to be removed in one region.
func (c *collector) sweep(ctx context.Context, name string) error {
	r := &region{collector: c, name: name, ec2: c.Account.EC2(name), on: map[string]string{}}
	var errs []error
	for _, k := range kinds() {
		found, err := k.find(r, ctx)
		if err != nil {
			errs = append(errs, fmt.Errorf("looking for what is left in %s: %w", name, err))
			continue
		}
		more, err := c.ledger.missing(ctx, r, k, found)
		if err == nil {
			c.lookedAt(name, k.name)
		}
		errs = append(errs, err)
		errs = append(errs, r.remove(ctx, k, append(found, more...)))
	}
	return errors.Join(errs...)
}

// lookedAt notes that all of a kind was looked for in a region.
func (c *collector) lookedAt(region, kind string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ledger.looked[spot{region, kind}] = true
}

// remove judges things of one kind, and removes those that go.
func (r *region) remove(ctx context.Context, k kind, found []Item) error {
	var going []Item
	for _, i := range found {
		if i.Kind = k.name; r.judge(&i) {
			going = append(going, i)
		}
	}
	if len(going) == 0 {
		return nil
	}
	if k.used {
		if err := r.sort(ctx, going); err != nil {
			return err
		}
	}
	errs := make([]error, len(going))
	var all errgroup.Group
	all.SetLimit(parallel)
	for n := range going {
		all.Go(func() error {
			if going[n].Outcome == "" && !r.DryRun {
				errs[n] = k.remove(r, ctx, &going[n])
			}
			return nil
		})
	}
	_ = all.Wait() // the errors are in errs
	var noting []error
	for n, i := range going {
		switch {
		case errs[n] != nil:
			i.Outcome, i.Why = Failed, errs[n].Error()
		case i.Outcome == "":
			i.Outcome = Removed
		}
		noting = append(noting, r.done(i))
	}
	return errors.Join(noting...)
}

// judge says whether something goes, and why.
func (c *collector) judge(i *Item) bool {
	until := i.Tags[journal.ExpiresTag]
	expires, err := time.Parse(time.RFC3339, until)
	switch run := i.run(); {
	case c.ledger.finished(*i):
		i.Outcome, i.Why = Kept, "it is finished; the next build of the same goes on with it"
	case until == journal.Never:
		return false // it is somebody's
	case i.Why != "": // the journal says so
		return true
	case c.ledger.living[run]:
		i.Outcome, i.Why = Kept, "its run lives"
	case c.ledger.dead[run]:
		i.Why = "its run is dead"
		return true
	case err != nil:
		i.Outcome, i.Why = Kept, fmt.Sprintf("its tag %s is %q, which is no time", journal.ExpiresTag, until)
	case expires.Before(c.Now):
		i.Why = "it was needed until " + until + " at most"
		return true
	default:
		i.Outcome, i.Why = Kept, "it may be needed until "+until
	}
	c.tell(*i)
	return false
}

// done tells what became of something, and strikes it out of the journal.
func (r *region) done(i Item) error {
	r.tell(i)
	switch i.Outcome {
	case Failed:
		r.mu.Lock()
		r.failed++
		r.mu.Unlock()
	case Removed:
		for snapshot, ami := range r.on {
			if ami == i.ID {
				delete(r.on, snapshot)
			}
		}
		if !r.DryRun {
			return r.ledger.strike(i)
		}
	}
	return nil
}

func (c *collector) tell(i Item) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Tell != nil {
		c.Tell(i)
	}
}

func (c *collector) note(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Note != nil {
		c.Note(fmt.Sprintf(format, args...))
	}
}
