package ansiblelocal

import (
	"slices"
	"testing"

	"github.com/ovenbird-io/ovenbird/provisioners"
)

// All that is uploaded is named.
func TestInputs(t *testing.T) {
	for _, c := range []struct {
		name string
		set  AnsibleLocal
		want []string
	}{
		{"a playbook", AnsibleLocal{PlaybookFile: "site.yml"}, []string{"site.yml"}},
		{"all", AnsibleLocal{
			PlaybookFiles: []string{"a.yml", "b.yml"}, PlaybookDir: "dir", PlaybookPaths: []string{"p1", "p2"},
			RolePaths: []string{"r"}, CollectionPaths: []string{"c"}, GroupVars: "gv", HostVars: "hv",
			InventoryFile: "hosts", GalaxyFile: "req.yml",
		}, []string{"dir", "gv", "hv", "p1", "p2", "r", "c", "hosts", "req.yml", "a.yml", "b.yml"}},
	} {
		var p provisioners.Inputs = &c.set
		got, err := p.Inputs()
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, %v", c.name, got, err)
		}
		for _, s := range c.set.tree() {
			if !slices.Contains(got, s.Local) {
				t.Errorf("%s: %s is uploaded, but not named", c.name, s.Local)
			}
		}
	}
}
