// Package amazon shows people what Ovenbird has made at Amazon, and removes it.
package amazon

import (
	"context"
	"errors"
	"flag"
	"strconv"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/flags"
)

// Options are the flags of the commands.
type Options struct {
	access    access.Options
	regions   []string
	dryRun    bool
	cleaning  bool
	yes       bool
	shared    bool
	keep      int
	olderThan time.Duration
	pruning   bool // a flag was given that only prune knows
}

func (o *Options) place(fs *flag.FlagSet) {
	fs.Var(flags.List{To: &o.regions, Comma: true}, "region", "look only at these comma-separated `regions` (default all of the account)")
	fs.StringVar(&o.access.Profile, "profile", "", "log in with this `profile` (default AWS_PROFILE)")
}

// GCFlags are those of gc.
func (o *Options) GCFlags(fs *flag.FlagSet) {
	o.place(fs)
	fs.BoolVar(&o.dryRun, "dry-run", false, "only tell what would be removed")
}

// PolicyFlags are those of iam-policy.
func (o *Options) PolicyFlags(fs *flag.FlagSet) {
	fs.BoolVar(&o.cleaning, "gc", false, "also allow what gc and images do")
}

// ImagesFlags are those of images.
func (o *Options) ImagesFlags(fs *flag.FlagSet) {
	o.place(fs)
	o.keep = -1
	fs.Func("keep", "prune: keep the newest `N` of each family in each region (1 if there is only -older-than)", func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			return errors.New("write a number such as 3")
		}
		o.keep, o.pruning = n, true
		return nil
	})
	fs.Func("older-than", "prune: keep what is younger than this `time`, such as 30d or 12h", func(s string) (err error) {
		o.olderThan, err = age(s)
		o.pruning = true
		return err
	})
	o.switched(fs, &o.shared, "shared", "prune: also AMIs that other accounts may launch")
	o.switched(fs, &o.yes, "yes", "prune: remove them; without it they are only told")
	o.switched(fs, &o.dryRun, "dry-run", "prune: only tell, also with -yes")
}

// switched is a flag that only prune knows.
func (o *Options) switched(fs *flag.FlagSet, to *bool, name, about string) {
	fs.BoolFunc(name, about, func(s string) (err error) {
		*to, err = strconv.ParseBool(s)
		o.pruning = true
		return err
	})
}

// age reads a time in days (30d) or as Go writes it (12h).
func age(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		if err == nil && n >= 0 && n < 36500 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
		return 0, errors.New("write a time such as 30d or 12h")
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, errors.New("write a time such as 30d or 12h")
	}
	return d, nil
}

// login opens the account, and finds out about its regions.
func (o *Options) login(ctx context.Context) (*access.Account, error) {
	if len(o.regions) > 0 {
		o.access.Region = o.regions[0]
	}
	acc, err := o.access.Open(ctx)
	if err != nil && strings.HasPrefix(err.Error(), "no region is known") {
		return nil, errors.New("no region is known; say -region, or set AWS_REGION")
	}
	return acc, err
}
