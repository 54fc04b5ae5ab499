package amazon

import (
	"context"
	"fmt"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/amazon/gc"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// GC removes what dead runs left, and says what it did.
func GC(ctx context.Context, o Options, out *ui.Root) error {
	acc, err := o.login(ctx)
	if err != nil {
		return err
	}
	j, err := journal.Open("")
	if err != nil {
		return err
	}
	defer j.Close() // what is left belongs to the next gc
	removed := 0
	err = gc.Collect(ctx, gc.Options{
		Account: acc, Journal: j, Regions: o.regions, DryRun: o.dryRun, Now: time.Now(), Note: out.Warn,
		Tell: func(i gc.Item) {
			if i.Outcome == gc.Removed {
				removed++
			}
			if i.Outcome == gc.Failed {
				out.Warn(found(i, o.dryRun))
				return
			}
			out.Result(found(i, o.dryRun))
		},
	})
	verb := "removed"
	if o.dryRun {
		verb = "would be removed"
	}
	out.Result(fmt.Sprintf("%s %s.", count(removed, "thing", "things"), verb))
	return err
}

// found is one thing, and what became of it, on one line.
func found(i gc.Item, dry bool) string {
	outcome := i.Outcome
	if dry && outcome == gc.Removed {
		outcome = "would be removed"
	}
	where := i.Region
	if where == "" {
		where = "all regions"
	}
	return fmt.Sprintf("%s: %s %s: %s (%s)", where, i.Kind, i.Label(), outcome, i.Why)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
