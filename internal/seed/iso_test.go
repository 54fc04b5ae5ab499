package seed

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/filesystem/iso9660"
)

// open reads an image back, by its Rock Ridge names.
func open(t *testing.T, image string) *iso9660.FileSystem {
	t.Helper()
	f, err := os.Open(image)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	cd, err := iso9660.Read(file.New(f, true), 0, 0, 0)
	if err != nil {
		t.Fatalf("reading %s back: %s", image, err)
	}
	return cd
}

// joliet reads the Joliet tree as Windows does, following the records from the
// root: names to contents.
func joliet(t *testing.T, raw []byte) map[string]string {
	t.Helper()
	found := map[string]string{}
	var walk func(prefix string, record []byte)
	walk = func(prefix string, record []byte) {
		at := binary.LittleEndian.Uint32(record[2:]) * sector
		data := raw[at : at+binary.LittleEndian.Uint32(record[10:])]
		if record[25]&2 == 0 {
			found[prefix] = string(data)
			return
		}
		for i, n := 0, 0; i < len(data); i += n {
			if n = int(data[i]); n == 0 {
				n = sector - i%sector
				continue
			}
			r := data[i : i+n]
			if r[32] == 1 { // itself or its parent
				continue
			}
			var name []uint16
			for j := 33; j < 33+int(r[32]); j += 2 {
				name = append(name, binary.BigEndian.Uint16(r[j:]))
			}
			walk(path.Join(prefix, string(utf16.Decode(name))), r)
		}
	}
	for at := 16 * sector; raw[at] != 255; at += sector {
		if raw[at] == 2 {
			walk("", raw[at+156:])
		}
	}
	return found
}

func TestWriteKeepsNamesAndBytes(t *testing.T) {
	dir := t.TempDir()
	onDisk := filepath.Join(dir, "source")
	if err := os.WriteFile(onDisk, bytes.Repeat([]byte("0123456789"), 5000), 0o644); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink("source", link); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("LongName", 7) + ".Config"
	files := []File{
		{Name: "user-data", Content: []byte("old")},
		{Name: "user-data", Content: []byte("new")},
		{Name: "empty", Content: nil},
		{Name: "Mixed Case.TXT", Content: []byte("mixed")},
		{Name: long, Content: []byte("long")},
		{Name: "$WinPEDriver$/vioscsi/W11/amd64/vioscsi.inf", Content: []byte("driver")},
		{Name: "a/b/c/d/e/f/g/h/deep", Content: []byte("deep")},
		{Name: "größe.txt", Content: []byte("umlaut")},
		{Name: "from-disk", Path: onDisk},
		{Name: "from-link", Path: link},
	}
	for i := range 300 { // folders of more than one sector
		files = append(files, File{Name: fmt.Sprintf("Many Files/Number %d", i), Content: []byte{byte(i)}})
		files = append(files, File{Name: fmt.Sprintf("Many Folders/Folder %d/x", i)})
	}
	image := filepath.Join(dir, "cd.iso")
	if err := Write(image, "cidata", files); err != nil {
		t.Fatal(err)
	}
	cd := open(t, image)
	if got := strings.TrimRight(cd.Label(), " \x00"); got != "cidata" {
		t.Errorf("label is %q", got)
	}
	raw, err := os.ReadFile(image)
	if err != nil {
		t.Fatal(err)
	}
	if len(raw)%2048 != 0 {
		t.Errorf("image of %d bytes is not whole sectors", len(raw))
	}
	windows := joliet(t, raw)
	if len(windows) != len(files)-1 {
		t.Errorf("Joliet has %d files, want %d", len(windows), len(files)-1)
	}
	for _, f := range files[1:] {
		want := f.Content
		if f.Path != "" {
			want, _ = os.ReadFile(f.Path)
		}
		got, err := fs.ReadFile(cd, f.Name)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: got %d bytes, want %d (error: %v)", f.Name, len(got), len(want), err)
		}
		if text, ok := windows[f.Name]; !ok || text != string(want) {
			t.Errorf("%s: Joliet has it: %t, with %d bytes", f.Name, ok, len(text))
		}
	}
}

func TestWriteIsPrivateAndTidy(t *testing.T) {
	dir := t.TempDir()
	image := filepath.Join(dir, "cd.iso")
	for range 2 { // the second time over the first
		if err := Write(image, "cidata", NoCloud("secret", "", "")); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(image)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %s, error %v", info.Mode(), err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("staging left: %v", left)
	}
}

func TestWriteLongNames(t *testing.T) {
	for _, c := range []struct {
		length int
		joliet bool
	}{{103, true}, {104, false}} {
		image := filepath.Join(t.TempDir(), "cd.iso")
		long := strings.Repeat("x", c.length)
		if err := Write(image, "cd", []File{{Name: long}, {Name: "Dir/" + long, Content: []byte("in")}}); err != nil {
			t.Fatal(err)
		}
		if got, err := fs.ReadFile(open(t, image), "Dir/"+long); err != nil || string(got) != "in" {
			t.Errorf("%d characters: got %q, error %v", c.length, got, err)
		}
		raw, err := os.ReadFile(image)
		if err != nil {
			t.Fatal(err)
		}
		if _, got := joliet(t, raw)["Dir/"+long]; got != c.joliet {
			t.Errorf("%d characters: Joliet is %t", c.length, got)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		label string
		file  File
		want  string
	}{
		"long label":     {strings.Repeat("x", 33), File{Name: "a"}, "at most 32"},
		"name outside":   {"cd", File{Name: "../a"}, "not a file name inside"},
		"absolute":       {"cd", File{Name: "/etc/passwd"}, "not a file name inside"},
		"no name":        {"cd", File{}, "not a file name inside"},
		"missing source": {"cd", File{Name: "a", Path: "/nonexistent/a"}, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			err := Write(filepath.Join(dir, "cd.iso"), c.label, []File{c.file})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q in it", err, c.want)
			}
			if left, _ := os.ReadDir(dir); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	for pattern, want := range map[string]bool{dir: true, dir + "/": true, dir + "/*": false, dir + "/none": false} {
		if err := Check([]string{pattern}); (err == nil) != want {
			t.Errorf("%s: got %v", strings.TrimPrefix(pattern, dir), err)
		}
	}
}

func TestTree(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"top.txt", "other.txt", "conf/a.cfg", "conf/sub/b.cfg", "odd[1].txt"} {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		patterns []string
		content  map[string]string
		want     []string
	}{
		"file goes to the root":       {[]string{"top.txt"}, nil, []string{"top.txt"}},
		"folder keeps its name":       {[]string{"conf"}, nil, []string{"conf/a.cfg", "conf/sub/b.cfg"}},
		"slash means contents only":   {[]string{"conf/"}, nil, []string{"a.cfg", "sub/b.cfg"}},
		"glob of files":               {[]string{"*o*.txt"}, nil, []string{"odd[1].txt", "other.txt", "top.txt"}},
		"glob of folders":             {[]string{"con*"}, nil, []string{"conf/a.cfg", "conf/sub/b.cfg"}},
		"glob of folders' contents":   {[]string{"con*/"}, nil, []string{"a.cfg", "sub/b.cfg"}},
		"existing name with brackets": {[]string{"odd[1].txt"}, nil, []string{"odd[1].txt"}},
		"content comes last": {
			[]string{"top.txt"},
			map[string]string{"/z": "1", "top.txt": "2"},
			[]string{"top.txt", "z", "top.txt"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var patterns []string
			for _, p := range c.patterns {
				patterns = append(patterns, dir+"/"+p)
			}
			files, err := Tree(patterns, c.content)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range files {
				got = append(got, f.Name)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if _, err := Tree([]string{dir + "/none*"}, nil); err == nil || !strings.Contains(err.Error(), "nothing matches") {
		t.Errorf("a pattern without match gives %v", err)
	}
}
