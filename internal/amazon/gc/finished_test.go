package gc

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
)

// TestFinished has AMIs that dead runs finished: one goes when it has expired,
// unless it was published, and nothing is noted of either any more.
func TestFinished(t *testing.T) {
	l := newLab(t)
	expires := time.Now().Add(time.Hour)
	machine := l.Launch(l.Image, "", journal.Tags(uuid.NewString(), "t", time.Time{}))
	dead := l.journal()
	for name, until := range map[string]time.Time{"waiting": expires, "published": {}} {
		run := uuid.NewString()
		made := l.Bake(machine, name, journal.Tags(run, "t", until))
		e := l.entry(run, "image", name, "")
		e.Expires = expires
		claim, err := dead.Intend(e)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = claim.Made(*made.ImageId), claim.Finished()
	}
	_ = dead.Close()
	for _, c := range []struct {
		after  time.Duration
		images string
		noted  int
	}{{0, "published waiting", 2}, {59 * time.Minute, "published waiting", 2}, {61 * time.Minute, "published", 0}} {
		said, err := l.collect(func(o *Options) { o.Now = time.Now().Add(c.after) })
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, i := range l.Inspect().Of("image") {
			names = append(names, i.Name)
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != c.images {
			t.Errorf("after %s: left %q: %q", c.after, got, said)
		}
		if left, err := l.journal().Left(); err != nil || len(left) != c.noted {
			t.Errorf("after %s: noted %+v, %v", c.after, left, err)
		}
	}
}
