package fetch

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestProbe(t *testing.T) {
	s := serve(t, image())
	gone := httptest.NewServer(http.NotFoundHandler())
	defer gone.Close()
	dir := t.TempDir()
	local := filepath.Join(dir, "disk.img")
	sums := filepath.Join(dir, "SHA256SUMS")
	for name, text := range map[string]string{local: "disk", sums: digest(image()) + "  disk.img\n" + digest(nil) + "  more.img\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name     string
		urls     []string
		checksum string
		want     string // in the error
	}{
		{"a server has it", []string{s.URL + "/disk.img"}, "none", ""},
		{"the second one has it", []string{gone.URL + "/disk.img", s.URL + "/disk.img"}, "none", ""},
		{"a local file", []string{local}, "none", ""},
		{"a list names it", []string{s.URL + "/disk.img"}, "file:" + sums, ""},
		{"no server has it", []string{gone.URL + "/disk.img"}, "none", "/disk.img: server answered 404 Not Found"},
		{"no local file", []string{local + ".not"}, "none", "no such file"},
		{"no list", []string{s.URL + "/disk.img"}, "file:" + gone.URL + "/sums", "server answered 404"},
		{"not in the list", []string{s.URL + "/other.img"}, "file:" + sums, "has no checksum of other.img"},
		{"not a URL", []string{"ftp://x/disk.img"}, "none", `scheme "ftp" is not supported`},
		{"not a checksum", []string{local}, "md4:x", "md4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Probe(t.Context(), Options{URLs: c.urls, Checksum: c.checksum})
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	for _, asked := range s.ranges {
		if asked != "bytes=0-0" {
			t.Errorf("asked for %q, want one byte", asked)
		}
	}
}
