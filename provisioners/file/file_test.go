package file

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/sshguest"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

func connect(t *testing.T) (*sshtest.Server, *sshguest.Client) {
	t.Helper()
	server := sshtest.Start(t)
	return server, server.Connect(t)
}

func newFile(set File) *File {
	f, _ := New(provisioners.Env{}).(*File)
	set.env = f.env
	if set.Direction == "" {
		set.Direction = f.Direction
	}
	return &set
}

// fill makes a directory with files (name to text), directories (name/ to "")
// and links (name to "-> target").
func fill(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		full, text := filepath.Join(dir, name), files[name]
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			err = os.Symlink(target, full)
		} else if strings.HasSuffix(name, "/") {
			err = os.MkdirAll(full, 0o755)
		} else {
			mode := fs.FileMode(0o644)
			if strings.HasPrefix(text, "#!") {
				mode = 0o755
			}
			err = os.WriteFile(full, []byte(text), mode)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// list tells what is below dir: "path mode content", sorted.
func list(t *testing.T, dir string) string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || p == dir {
			return err
		}
		rel, _ := filepath.Rel(dir, p)
		info, err := d.Info()
		if err != nil {
			return err
		}
		switch {
		case d.IsDir():
			all = append(all, rel+"/")
		case d.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(p)
			all = append(all, rel+" -> "+target)
			return err
		default:
			text, err := os.ReadFile(p)
			all = append(all, rel+" "+info.Mode().String()[1:]+" "+string(text))
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
}

func TestUpload(t *testing.T) {
	text := "text"
	local := fill(t, map[string]string{"a": "A", "run": "#!A", "tree/x": "X", "tree/sub/y": "Y", "tree/link": "-> x", "empty/": ""})
	tests := map[string]struct {
		file File // sources below local, destination below the guest's root
		want string
	}{
		"a file":                {File{Source: "a", Destination: "/b"}, "b rw-r--r-- A"},
		"permissions are kept":  {File{Source: "run", Destination: "/b"}, "b rwxr-xr-x #!A"},
		"into a directory":      {File{Source: "a", Destination: "/"}, "a rw-r--r-- A"},
		"mode":                  {File{Source: "a", Destination: "/b", Mode: "0600"}, "b rw------- A"},
		"content":               {File{Content: &text, Destination: "/c", Mode: "640"}, "c rw-r----- text"},
		"content as root":       {File{Content: &text, Destination: "/c", Become: "root", Owner: "root", Group: "0"}, "c rw-r--r-- text"},
		"the tree's content":    {File{Source: "tree/", Destination: "/d"}, "d/\nd/link -> x\nd/sub/\nd/sub/y rw-r--r-- Y\nd/x rw-r--r-- X"},
		"the tree":              {File{Source: "tree", Destination: "/d"}, "d/\nd/tree/\nd/tree/link -> x\nd/tree/sub/\nd/tree/sub/y rw-r--r-- Y\nd/tree/x rw-r--r-- X"},
		"an empty directory":    {File{Source: "empty", Destination: "/"}, "empty/"},
		"several":               {File{Sources: []string{"a", "tree/sub/", "empty"}, Destination: "/d/"}, "d/\nd/a rw-r--r-- A\nd/empty/\nd/y rw-r--r-- Y"},
		"mode is for the files": {File{Sources: []string{"a", "tree/sub"}, Destination: "/", Mode: "0600", Become: "true", Owner: "root"}, "a rw------- A\nsub/\nsub/y rw------- Y"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, c := connect(t)
			f := newFile(test.file)
			f.Destination = server.Root + f.Destination
			slash := func(s string) string {
				if s == "" {
					return ""
				}
				return local + "/" + s
			}
			f.Source = slash(f.Source)
			f.Sources = nil
			for _, s := range test.file.Sources {
				f.Sources = append(f.Sources, slash(s))
			}
			if err := f.Validate(); err != nil {
				t.Fatal(err)
			}
			if err := f.Provision(t.Context(), c, &ui.UI{}); err != nil {
				t.Fatal(err)
			}
			if got := list(t, server.Root); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
			if n := server.Sessions(); n != 1 {
				t.Errorf("%d round trips", n)
			}
		})
	}
}

func TestDownload(t *testing.T) {
	remote := map[string]string{"a.log": "A", "b.log": "B", "c": "C", "tree/x": "#!X", "tree/link": "-> x", "odd name/z": "Z"}
	tests := map[string]struct {
		file File
		want string
		err  string
	}{
		"a file":           {file: File{Source: "/c", Destination: "/new/dir/d"}, want: "new/\nnew/dir/\nnew/dir/d rw-r--r-- C"},
		"into a directory": {file: File{Sources: []string{"/c", "/a.log"}, Destination: "/"}, want: "a.log rw-r--r-- A\nc rw-r--r-- C"},
		"become, mode":     {file: File{Source: "/c", Destination: "/d", Become: "true", Mode: "0600"}, want: "d rw------- C"},
		"a tree":           {file: File{Source: "/tree/", Destination: "/t"}, want: "t/\nt/link -> x\nt/x rwxr-xr-x #!X"},
		"a pattern":        {file: File{Source: "/*.log", Destination: "/"}, want: "a.log rw-r--r-- A\nb.log rw-r--r-- B"},
		"an odd pattern":   {file: File{Source: "/odd n*e/z", Destination: "/"}, want: "odd name/\nodd name/z rw-r--r-- Z"},
		"nothing there":    {file: File{Source: "/none", Destination: "/d"}, err: "downloading "},
		"no match":         {file: File{Source: "/none*", Destination: "/d"}, err: "none*", want: "d/"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, c := connect(t)
			server.Root = fill(t, remote)
			local := t.TempDir()
			f := newFile(test.file)
			f.Direction, f.Destination = "download", local+f.Destination
			f.Source, f.Sources = "", nil
			for _, s := range append([]string{test.file.Source}, test.file.Sources...) {
				if s != "" {
					f.Sources = append(f.Sources, server.Root+s)
				}
			}
			if err := f.Validate(); err != nil {
				t.Fatal(err)
			}
			err := f.Provision(t.Context(), c, &ui.UI{})
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("got %v, want %q", err, test.err)
			}
			if got := list(t, local); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestDownloadReplaces(t *testing.T) {
	server, c := connect(t)
	server.Root = fill(t, map[string]string{"a": "A"})
	local := fill(t, map[string]string{"d": "#!old", "d.part": "mine", "link": "-> d"})
	f := newFile(File{Direction: "download", Source: server.Root + "/a", Destination: local + "/link"})
	if err := f.Provision(t.Context(), c, &ui.UI{}); err != nil {
		t.Fatal(err)
	}
	if got, want := list(t, local), "d rwxr-xr-x A\nd.part rw-r--r-- mine\nlink -> d"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestValidate(t *testing.T) {
	text := ""
	tests := map[string]struct {
		file File
		want []string // options to blame
	}{
		"a file":            {File{Source: "file.go", Destination: "/tmp/x"}, nil},
		"empty content":     {File{Content: &text, Destination: "/tmp/x"}, nil},
		"nothing":           {File{}, []string{"destination", "source"}},
		"both":              {File{Source: "file.go", Content: &text, Destination: "/x"}, []string{"content"}},
		"content, no name":  {File{Content: &text, Destination: "/tmp/"}, []string{"destination"}},
		"missing":           {File{Source: "no", Sources: []string{"nor"}, Destination: "/x/"}, []string{"source", "sources"}},
		"generated":         {File{Source: "no", Generated: true, Destination: "/x"}, nil},
		"many become one":   {File{Sources: []string{"file.go", "download.go"}, Destination: "/x"}, []string{"destination"}},
		"direction":         {File{Source: "file.go", Destination: "/x", Direction: "Upload"}, []string{"direction"}},
		"mode":              {File{Source: "file.go", Destination: "/x", Mode: "rw"}, []string{"mode"}},
		"download":          {File{Source: "/etc/x", Destination: "x", Direction: "download"}, nil},
		"download, nothing": {File{Content: &text, Owner: "a", Group: "b", Destination: "x", Direction: "download"}, []string{"source", "content", "owner", "group"}},
	}
	for name, test := range tests {
		var got []string
		for _, p := range option.Problems(newFile(test.file).Validate()) {
			got = append(got, p.Option)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
