package salt

import (
	"slices"
	"testing"

	"github.com/ovenbird-io/ovenbird/provisioners"
)

func TestInputs(t *testing.T) {
	for _, c := range []struct {
		name string
		set  Salt
		want []string
	}{
		{"states", Salt{LocalStateTree: "states"}, []string{"states"}},
		{"all", Salt{
			LocalStateTree: "states", LocalPillarRoots: "pillar", MinionConfig: "minion", GrainsFile: "grains", Formulas: []string{"f1", "f2"},
		}, []string{"states", "pillar", "minion", "grains", "f1", "f2"}},
	} {
		var p provisioners.Inputs = &c.set
		if got, err := p.Inputs(); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, %v", c.name, got, err)
		}
	}
}
