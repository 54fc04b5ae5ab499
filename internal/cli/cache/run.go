package cache

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/flags"
	"github.com/ovenbird-io/ovenbird/internal/folder"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

type run struct {
	store *checkpoint.Store
	dir   string
	args  []string
	out   *ui.Root
}

// Words are what the first argument may be.
func Words() []string { return []string{"ls", "verify", "prune", "rm"} }

// Run does what the arguments say to the store in dir.
func Run(ctx context.Context, dir string, args []string, out *ui.Root) error {
	r := &run{dir: dir, out: out}
	word, most := "", 0
	if len(args) > 0 {
		word, r.args = args[0], args[1:]
	}
	do := r.list
	switch word {
	case "ls":
	case "verify":
		do = r.verify
	case "prune":
		do, most = r.prune, 1
	case "rm":
		do, most = r.remove, len(args)
		if len(r.args) == 0 {
			return flags.Misuse("cache rm takes keys of machines, or the first digits of them; \"ovenbird cache ls\" shows them")
		}
	default:
		return flags.Misuse("cache takes \"ls\", \"verify\", \"prune [GIB]\" or \"rm KEY...\", not %q", word)
	}
	if len(r.args) > most {
		return flags.Misuse("cache %s takes no more arguments, but got %q", word, r.args[most])
	}
	var err error
	if r.store, err = checkpoint.Open(dir); err != nil {
		return err
	}
	return do(ctx)
}

func (r *run) list(context.Context) error {
	all, err := r.store.List()
	if err != nil {
		return err
	}
	if len(all) > 0 {
		r.out.Result(Heading())
	}
	r.show(all)
	r.out.Result(Total(all) + " in " + r.dir)
	return nil
}

func (r *run) prune(context.Context) error {
	budget := folder.Budget(r.dir)
	if len(r.args) > 0 {
		gib, err := strconv.ParseFloat(r.args[0], 64)
		if err != nil || !(gib >= 0 && gib <= 1<<30) {
			return flags.Misuse("cache prune takes a number of GiB to keep, such as 20 or 0.5, not %q", r.args[0])
		}
		budget = int64(gib * (1 << 30))
	}
	gone, err := r.store.Prune(budget)
	r.removed(gone)
	return err
}

func (r *run) remove(context.Context) error {
	all, err := r.store.List()
	if err != nil {
		return err
	}
	var keys []string
	for _, start := range r.args { // all are known before one is removed
		one, err := Pick(all, start)
		if err != nil {
			return err
		}
		keys = append(keys, one.Key)
	}
	var gone []checkpoint.Info
	went := map[string]bool{} // with one that it stood on
	for _, key := range keys {
		if went[key] {
			continue
		}
		some, removeErr := r.store.Remove(key)
		for _, i := range some {
			went[i.Key] = true
		}
		gone, err = append(gone, some...), errors.Join(err, removeErr)
	}
	r.removed(gone)
	return err
}

// verify reads all that is remembered, and removes what is damaged and nobody
// uses.
func (r *run) verify(ctx context.Context) error {
	all, err := r.store.List()
	if err != nil {
		return err
	}
	Sort(all)
	var bad []checkpoint.Info
	for _, i := range all {
		if i.Damage == "" {
			if i.Damage, err = r.damage(ctx, i.Key); err != nil {
				return err
			}
		}
		if i.Damage != "" {
			bad = append(bad, i)
		}
	}
	gone, err := r.store.Prune(maxSize) // also what stood on those that are dropped
	for _, i := range gone {
		if !slices.ContainsFunc(bad, func(b checkpoint.Info) bool { return b.Key == i.Key }) {
			bad = append(bad, i)
		}
	}
	r.show(bad)
	if err != nil {
		return err
	}
	if len(bad) > 0 {
		return fmt.Errorf("%d of %d machines were damaged, or stood on one that was; they are removed", len(bad), len(all))
	}
	r.out.Result(Total(all) + ": all as they were written")
	return nil
}

const maxSize = 1<<63 - 1 // bytes

// damage says what is wrong with the contents of a checkpoint, and drops it.
func (r *run) damage(ctx context.Context, key string) (string, error) {
	c, err := r.store.Find(key)
	if c != nil && err == nil {
		err = c.Verify(ctx)
	}
	var damage *checkpoint.DamageError
	if !errors.As(err, &damage) {
		return "", err
	}
	if c != nil {
		now, findErr := r.store.Find(key)
		if now == nil && findErr == nil {
			return "", nil // it was removed while it was read
		}
		err = r.store.Drop(c, damage.Why)
		return damage.Why, err
	}
	return damage.Why, nil
}

func (r *run) removed(gone []checkpoint.Info) {
	r.show(gone)
	r.out.Result("Removed " + Total(gone) + ".")
}

func (r *run) show(all []checkpoint.Info) {
	Sort(all)
	for _, i := range all {
		r.out.Checkpoint(Event(i), Line(i, time.Now()))
	}
}
