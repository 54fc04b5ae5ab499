package file

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/stepkey"
)

func TestInputs(t *testing.T) {
	text := "text"
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		set  File
		want []string
		err  string
	}{
		{"a source", File{Source: "a"}, []string{"a"}, ""},
		{"several", File{Source: "a", Sources: []string{"b/", "c"}}, []string{"a", "b/", "c"}, ""},
		{"this folder's content", File{Source: "./"}, []string{"./"}, ""},
		{"this folder", File{Sources: []string{".", "testdata/../.."}}, []string{here, filepath.Dir(here)}, ""},
		{"content", File{Content: &text}, nil, ""},
		{"a download", File{Source: "/etc/os-release", Direction: "download"}, nil, "it writes to this machine"},
		{"yet to be made", File{Sources: []string{"file.go", "none"}, Generated: true}, nil, "the build has yet to make none"},
		{"made before", File{Source: "file.go", Generated: true}, []string{"file.go"}, ""},
	} {
		got, err := newFile(c.set).Inputs()
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q", c.name, got)
		}
		if (err != nil) != (c.err != "") || err != nil && (!errors.Is(err, stepkey.ErrUnnamed) || err.Error() != c.err) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}
