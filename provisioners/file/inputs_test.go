package file

import (
	"errors"
	"slices"
	"testing"

	"github.com/ovenbird-io/ovenbird/provisioners"
)

func TestInputs(t *testing.T) {
	text := "text"
	for _, c := range []struct {
		name string
		set  File
		want []string
		err  string
	}{
		{"a source", File{Source: "a"}, []string{"a"}, ""},
		{"several", File{Source: "a", Sources: []string{"b/", "c"}}, []string{"a", "b/", "c"}, ""},
		{"content", File{Content: &text}, nil, ""},
		{"a download", File{Source: "/etc/os-release", Direction: "download"}, nil, "it writes to this machine"},
		{"yet to be made", File{Sources: []string{"file.go", "none"}, Generated: true}, nil, "the build has yet to make none"},
		{"made before", File{Source: "file.go", Generated: true}, []string{"file.go"}, ""},
	} {
		got, err := newFile(c.set).Inputs()
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q", c.name, got)
		}
		if (err != nil) != (c.err != "") || err != nil && (!errors.Is(err, provisioners.ErrUnnamed) || err.Error() != c.err) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}
