package galaxy_test

import (
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/galaxy"
)

func TestCommands(t *testing.T) {
	tests := map[string]struct {
		text    string
		install galaxy.Install
		want    string // a line for each command
	}{
		"a list":          {"---\n- src: geerlingguy.nginx\n", galaxy.Install{}, "role install -r f"},
		"roles":           {"roles:\n  - name: a\n", galaxy.Install{Roles: "/r", Collections: "/c"}, "role install -r f -p /r"},
		"collections":     {"---\ncollections:\n- a.b\n", galaxy.Install{Collections: "/c", Force: true}, "collection install -r f -p /c --force"},
		"both":            {"roles: []\n\"collections\" : []\n", galaxy.Install{Force: true, ForceDeps: true}, "role install -r f --force-with-deps\ncollection install -r f --force-with-deps"},
		"a role's option": {"- src: a\n  collections: x\n", galaxy.Install{}, "role install -r f"},
	}
	for name, test := range tests {
		var got []string
		test.install.File = "f"
		for _, args := range test.install.Commands(test.text) {
			got = append(got, strings.Join(args, " "))
		}
		if strings.Join(got, "\n") != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
