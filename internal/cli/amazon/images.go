package amazon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/family"
	"github.com/ovenbird-io/ovenbird/internal/cli/cache"
	"github.com/ovenbird-io/ovenbird/internal/flags"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Words are what the first argument of images may be.
func Words() []string { return []string{"ls", "prune"} }

// Images lists or prunes the AMIs that were made.
func Images(ctx context.Context, o Options, args []string, out *ui.Root) error {
	word := ""
	if len(args) > 0 {
		word = args[0]
	}
	switch {
	case word != "ls" && word != "prune":
		return flags.Misuse("images takes \"ls\" or \"prune\", not %q", word)
	case len(args) > 1:
		return flags.Misuse("images %s takes no more arguments, but got %q", word, args[1])
	case word == "ls" && o.pruning:
		return flags.Misuse("images ls shows all; -keep, -older-than, -shared, -yes and -dry-run are for images prune")
	case word == "prune" && o.keep < 0 && o.olderThan == 0:
		return flags.Misuse("images prune needs to know what may go; say -keep N, -older-than TIME, or both")
	}
	acc, err := o.login(ctx)
	if err != nil {
		return err
	}
	regions := o.regions
	if len(regions) == 0 {
		if regions, err = acc.Regions(ctx); err != nil {
			return err
		}
	}
	all, err := family.List(ctx, acc, regions)
	if err != nil {
		return err
	}
	if word == "prune" {
		return prune(ctx, o, acc, all, out)
	}
	now, of := time.Now(), ""
	for _, m := range all {
		if m.Family != of {
			of = m.Family
			out.Result(of + ":")
		}
		out.Result("  " + line(m, now))
	}
	out.Result(count(len(all), "AMI", "AMIs"))
	return nil
}

// line is an AMI on one line.
func line(m family.Member, now time.Time) string {
	text := fmt.Sprintf("%-14s %-21s %8s %5d GiB  %s", m.Region, m.ID, cache.Age(now, m.Made), m.SizeGiB, m.Name)
	if m.State != "available" {
		text += "; " + m.State
	}
	if !m.Launched.IsZero() {
		text += "; launched " + cache.Age(now, m.Launched)
	}
	return text
}

func prune(ctx context.Context, o Options, acc *access.Account, all []family.Member, out *ui.Root) error {
	rule := family.Rule{Keep: o.keep, OlderThan: o.olderThan, Shared: o.shared, Now: time.Now()}
	if rule.Keep < 0 {
		rule.Keep = 1 // a family never dies out by its age
	}
	verdicts := rule.Judge(all)
	before := map[string]bool{}
	for _, v := range verdicts {
		before[v.Region+v.ID] = v.Goes
	}
	if err := rule.Spare(ctx, acc, verdicts); err != nil {
		return err
	}
	removing := o.yes && !o.dryRun
	images, snapshots := 0, 0
	var errs []error
	for _, v := range verdicts {
		switch {
		case !v.Goes && before[v.Region+v.ID]:
			out.Result(fmt.Sprintf("kept:    %s: %s", line(v.Member, rule.Now), v.Why))
			continue
		case !v.Goes:
			continue
		case removing:
			if err := v.Remove(ctx, acc); err != nil {
				out.Warn(err.Error())
				errs = append(errs, err)
				continue
			}
			out.Result("removed: " + line(v.Member, rule.Now))
		default:
			out.Result("goes:    " + line(v.Member, rule.Now))
		}
		images, snapshots = images+1, snapshots+len(v.Snapshots)
	}
	summary := count(images, "AMI", "AMIs") + " with " + count(snapshots, "snapshot", "snapshots")
	if removing {
		out.Result(summary + " removed.")
	} else {
		out.Result(summary + " would be removed; the same with -yes does it.")
	}
	if len(errs) > 0 {
		return fmt.Errorf("%s could not be removed", count(len(errs), "AMI", "AMIs"))
	}
	return errors.Join(ctx.Err())
}
