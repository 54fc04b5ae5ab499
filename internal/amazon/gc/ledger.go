package gc

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
)

// ledger is what the journal knows.
type ledger struct {
	entries []line // what dead runs have open, but for what is finished
	kept    []journal.Entry
	dead    map[string]bool // runs
	living  map[string]bool // runs
	looked  map[spot]bool   // where all was looked for, and nothing failed
}

// spot is where the things of one kind are; the region of roles and profiles is "".
type spot struct{ region, kind string }

// line is an entry of the journal, with its claim unless this is a dry run.
type line struct {
	journal.Entry
	claim *journal.Claim
}

// settled is how old an entry without a trace of what it is of must be to be
// given up: until then the service may not tell yet.
const settled = 15 * time.Minute

// read takes over what dead runs of this account have in the journal.
func (c *collector) read(ctx context.Context) error {
	l := &c.ledger
	l.dead, l.living, l.looked = map[string]bool{}, map[string]bool{}, map[spot]bool{}
	living, err := c.Journal.Living()
	if err != nil {
		return err
	}
	for _, e := range living {
		l.living[e.Run] = true
		if e.Finished { // by a run that goes on with what another began
			l.kept = append(l.kept, e)
		}
	}
	left, err := c.Journal.Left()
	if err != nil {
		return err
	}
	account := ""
	if caller, err := c.Account.Caller(ctx); err == nil {
		account = caller.Account
	}
	endpoint := c.Account.Endpoint()
	ours := func(e journal.Entry) bool {
		return e.Endpoint == endpoint && (e.Account == "" || e.Account == account) // in another account all would seem to be gone
	}
	lapsed := func(e journal.Entry) bool { return e.Finished && !e.Expires.IsZero() && !c.Now.Before(e.Expires) }
	elsewhere := map[string]int{}
	for _, e := range left {
		switch {
		case !ours(e):
			elsewhere[where(e)]++
		case lapsed(e): // no run goes on with it; its tags say whether it goes
		case e.Finished:
			l.kept = append(l.kept, e)
		case !l.living[e.Run]:
			l.dead[e.Run] = true
		}
		if c.DryRun && ours(e) && !e.Finished {
			l.entries = append(l.entries, line{Entry: e})
		}
	}
	for place, n := range elsewhere {
		c.note("the journal has %d more left at %s: run gc with the credentials for that, too", n, place)
	}
	if c.DryRun {
		return nil
	}
	claims, err := c.Journal.Adopt(func(e journal.Entry) bool { return ours(e) && (!e.Finished || lapsed(e)) })
	for _, claim := range claims {
		if e := claim.Entry(); lapsed(e) {
			err = errors.Join(err, claim.Struck())
		} else {
			l.entries = append(l.entries, line{e, claim})
		}
	}
	return err
}

func where(e journal.Entry) string {
	place := "Amazon"
	if e.Endpoint != "" {
		place = e.Endpoint
	}
	if e.Account != "" {
		place += ", account " + e.Account
	}
	return place
}

// regions are those of the entries.
func (l *ledger) regions() []string {
	var all []string
	for _, e := range l.entries {
		if e.Region != "" {
			all = append(all, e.Region)
		}
	}
	return all
}

// spot is where an entry's thing is looked for.
func (e line) spot() spot {
	if e.Kind == profileKind || e.Kind == roleKind {
		return spot{"", e.Kind}
	}
	return spot{e.Region, e.Kind}
}

// finished says whether the journal keeps something.
func (l *ledger) finished(i Item) bool {
	return slices.ContainsFunc(l.kept, func(e journal.Entry) bool { return e.Kind == i.Kind && e.ID != "" && e.ID == i.ID })
}

// missing gives what the journal knows of in a region beside what was found by
// its tags; what was found, and the journal knows of, gets a reason.
func (l *ledger) missing(ctx context.Context, r *region, k kind, found []Item) ([]Item, error) {
	var more []Item
	var errs []error
	for _, e := range l.entries {
		if e.Kind != k.name || e.Region != r.name {
			continue
		}
		n := slices.IndexFunc(found, func(i Item) bool { return e.is(i) })
		switch {
		case n >= 0:
			found[n].Why = reason(e)
		case e.loose(): // without our tags it is another one
		case e.ID != "":
			more = append(more, Item{ID: e.ID, Name: plainName(e), Region: r.name, Why: reason(e)})
		case k.lookUp != nil && (e.Token != "" || unique(e.Name)):
			ids, err := k.lookUp(r, ctx, e.Entry)
			errs = append(errs, err)
			for _, id := range ids {
				if n := slices.IndexFunc(found, func(i Item) bool { return i.ID == id }); n >= 0 {
					found[n].Why = reason(e)
					continue
				}
				more = append(more, Item{ID: id, Name: plainName(e), Region: r.name, Why: reason(e)})
			}
		}
	}
	return more, errors.Join(errs...)
}

func reason(e line) string { return "its run of " + e.Made.Format(time.RFC3339) + " is dead" }

// plainName is the name of what an entry is of; that of an instance is its type.
func plainName(e line) string {
	if e.Kind == "instance" {
		return ""
	}
	return e.Name
}

// is says whether an entry is of something that was found.
func (e line) is(i Item) bool {
	switch {
	case e.ID != "" && !e.loose():
		return e.ID == i.ID || e.ID == i.Name
	case e.Kind == "instance":
		return false // one run may have had several
	}
	return i.run() == e.Run && e.Name != "" && e.Name == i.Name
}

// loose says whether an entry knows its thing only by a name that the template
// chose, so that another run's, or the user's own, may have it by now.
func (e line) loose() bool { return e.ID != "" && e.ID == e.Name && !unique(e.Name) }

// unique says whether a name was made for one thing alone, so that whatever has
// it is that thing.
func unique(name string) bool {
	return regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`).MatchString(name)
}

// strike takes out what was removed.
func (l *ledger) strike(i Item) error {
	var errs []error
	for _, e := range l.entries {
		unnamed := e.ID == "" && e.Run == i.run() && slices.Contains([]string{"instance", "image", "snapshot", "volume"}, e.Kind)
		there := e.Kind == i.Kind && (e.Region == i.Region || i.Region == "")
		if e.claim != nil && there && (e.is(i) || unnamed) {
			errs = append(errs, e.claim.Struck())
		}
	}
	return errors.Join(errs...)
}

// rest strikes out what was looked for and has left no trace for long enough,
// and tells of what may yet appear.
func (c *collector) rest() error {
	var errs []error
	for _, e := range c.ledger.entries {
		switch {
		case e.claim == nil || e.claim.Entry().Kind == "" || e.ID != "" && !e.loose() || !c.ledger.looked[e.spot()]:
		case c.Now.Sub(e.Made) > settled:
			errs = append(errs, e.claim.Struck())
		default:
			c.note("the %s %s was about to be made %s ago, and is not there; the next gc looks again", e.Kind, e.Name, c.Now.Sub(e.Made).Round(time.Second))
		}
	}
	return errors.Join(errs...)
}
