package journal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func open(t *testing.T, dir string) *Journal {
	t.Helper()
	j, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func files(t *testing.T, dir string) int {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(escape(dir), "*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func names(t *testing.T, j *Journal) string {
	t.Helper()
	all, err := j.Left()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range all {
		names = append(names, e.Run+"/"+e.Name+"/"+e.ID)
	}
	return strings.Join(names, " ")
}

// TestAdoptedThenKilled has the one who takes over die, too.
func TestAdoptedThenKilled(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	if _, err := first.Intend(Entry{Run: "r", Name: "a"}); err != nil {
		t.Fatal(err)
	}
	_ = first.Close()
	for range 3 {
		heir := open(t, dir)
		claims, err := heir.Adopt(func(Entry) bool { return true })
		if err != nil || len(claims) != 1 || claims[0].Entry().Name != "a" {
			t.Fatalf("got %v, %v", claims, err)
		}
		_ = heir.Close()
	}
	if n := files(t, dir); n != 1 {
		t.Errorf("%d files", n)
	}
}

func TestStory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "odd [name]*")
	j := open(t, dir)
	made := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	e := Entry{Run: "r", Template: "t", Region: "eu", Endpoint: "http://x", Account: "1", Kind: "image", Token: "k", Name: "n", Made: made, Expires: made.Add(time.Hour)}
	c, err := j.Intend(e)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Made("ami-1"), c.Finished()); err != nil {
		t.Fatal(err)
	}
	e.ID, e.Finished = "ami-1", true
	if got := c.Entry(); got != e {
		t.Errorf("got  %+v\nwant %+v", got, e)
	}
	_ = j.Close()
	if all, err := open(t, dir).Left(); err != nil || !reflect.DeepEqual(all, []Entry{e}) {
		t.Errorf("got %+v, %v", all, err)
	}
}

// TestTorn cuts and damages what was written at every byte: all lines before
// stay as they were, and the file can be written on.
func TestTorn(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	for _, name := range []string{"a", "b"} {
		if _, err := j.Intend(Entry{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	path := j.file.Name()
	_ = j.Close()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text = append(bytes.TrimRight(text, "\n"), '\n')
	second := bytes.IndexByte(text, '\n') + 1
	for cut := second; cut < len(text); cut++ {
		if err := os.WriteFile(path, text[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		want := "/a/"
		if cut == len(text)-1 { // only the end of the line is missing
			want = "/a/ /b/"
		}
		if got := names(t, j); got != want {
			t.Fatalf("cut at %d: %q", cut, got)
		}
		if got := names(t, j); got != want {
			t.Fatalf("cut at %d, and mended: %q", cut, got)
		}
	}
	for i := range second - 1 {
		bad := append([]byte(nil), text...)
		bad[i] ^= 1
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := names(t, j); got != "/b/" {
			t.Fatalf("damaged at %d: %q", i, got)
		}
	}
}

func TestNoFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	j := open(t, dir)
	if c, err := j.Intend(Entry{Kind: "volume", Name: "v"}); c != nil || err == nil || !strings.HasPrefix(err.Error(), "writing down that the volume v is about to be made, so it was not: ") {
		t.Errorf("got %v, %v", c, err)
	}
}

func TestTags(t *testing.T) {
	at := time.Date(2026, 5, 6, 9, 8, 9, 0, time.FixedZone("", 7200))
	for until, expires := range map[string]time.Time{"2026-05-06T07:08:09Z": at, "never": {}} {
		want := map[string]string{"ovenbird:run": "r", "ovenbird:template": "t", "ovenbird:expires": until, "ovenbird:made-by": "ovenbird"}
		if got := Tags("r", "t", expires); !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}
