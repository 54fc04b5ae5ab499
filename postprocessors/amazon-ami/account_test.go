package amazonami

import (
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
)

// TestOtherAccount has notes of AMIs of the same disk in accounts that are not
// ours: they stay, whether the AMI is known or was only asked for.
func TestOtherAccount(t *testing.T) {
	for name, account := range map[string]string{"another": "999999999999", "not known": ""} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			in := l.bake("ab  c")
			a := l.ami(nil)
			b, err := a.open(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			b.disk, b.data.Template, b.data.Expires = in.Files[0], tags.Template(a.env.Root, a.env.Build), time.Now().Add(time.Hour)
			identity, err := b.identity()
			if err != nil {
				t.Fatal(err)
			}
			j, err := journal.Open("")
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range []string{"ami-0123456789abcdef0", ""} {
				e := b.entry("image", b.key(identity), b.options.AMIName)
				e.Account, e.ID = account, id
				if _, err := j.Intend(e); err != nil {
					t.Fatal(err)
				}
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := a.Process(t.Context(), in, nil); err != nil || l.left() != "image image" {
				t.Errorf("%v, the journal has %q", err, l.left())
			}
		})
	}
}
