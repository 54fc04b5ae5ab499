package fetch

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLocal(t *testing.T) {
	dir := t.TempDir()
	img := []byte("a disk")
	for name, text := range map[string]string{
		"disk.img": string(img), "with space.img": string(img),
		"SUMS": digest(img) + "  disk.img\n" + digest(nil) + "  other\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	web := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(web.Close)
	for name, c := range map[string]struct {
		url, sum string
		want     string // a path below dir, or
		err      string // part of the error
	}{
		"relative":        {"disk.img", digest(img), "disk.img", ""},
		"absolute":        {dir + "/disk.img", "none", "disk.img", ""},
		"file URL":        {"file://" + dir + "/with%20space.img", digest(img), "with space.img", ""},
		"relative URL":    {"file:disk.img", digest(img), "disk.img", ""},
		"list":            {"disk.img", "file:SUMS", "disk.img", ""},
		"list on the web": {"disk.img", "file:" + web.URL + "/SUMS", "disk.img", ""},
		"not in the list": {"with space.img", "file:SUMS", "", "SUMS has no checksum of with space.img"},
		"no list":         {"disk.img", "file:NONE", "", "reading checksums in NONE"},
		"no list there":   {"disk.img", "file:" + web.URL + "/NONE", "", "404"},
		"mismatch":        {"disk.img", digest(nil), "", digest(img) + ", but " + digest(nil) + " was expected"},
		"missing":         {"nothing.img", "none", "", "nothing.img: no such file"},
		"folder":          {".", "none", "", "is a folder"},
		"scheme":          {"s3://bucket/disk.img", "none", "", `scheme "s3" is not supported; use http`},
		"no host":         {"http:///disk.img", "none", "", "names no host"},
		"archive":         {"https://host/disk.img.xz", "none", "", "not unpacked yet"},
		"bad checksum":    {"disk.img", "12", "", "is no checksum"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := File(t.Context(), Options{URLs: []string{c.url}, Checksum: c.sum, Base: dir, Dir: filepath.Join(dir, "cache")})
			switch {
			case c.err != "":
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("error is %v, want %q in it", err, c.err)
				}
			case err != nil || got != filepath.Join(dir, c.want):
				t.Errorf("got %s, error %v", got, err)
			}
		})
	}
	if got := names(t, filepath.Join(dir, "cache")); len(got) != 0 {
		t.Errorf("local files went through the cache: %v", got)
	}
	if _, err := File(t.Context(), Options{}); err == nil {
		t.Error("no URL is no error")
	}
}

func TestArchiveParameterIsTakenOut(t *testing.T) {
	u, _, err := Options{}.locate("https://host/disk.img.xz?archive=false&token=1")
	if err != nil || u.String() != "https://host/disk.img.xz?token=1" {
		t.Errorf("got %s, error %v", u, err)
	}
}

func TestTarget(t *testing.T) {
	s := serve(t, image())
	target := filepath.Join(t.TempDir(), "kept.iso")
	o := Options{URLs: []string{s.URL}, Checksum: digest(s.image), Target: target}
	for _, before := range []string{"", "damaged"} {
		if before != "" {
			if err := os.WriteFile(target, []byte(before), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // the second time it is there
			if got, err := File(t.Context(), o); err != nil || got != target {
				t.Fatalf("got %s, error %v", got, err)
			}
			expect(t, target, s.image)
		}
	}
	if len(s.ranges) != 2 {
		t.Errorf("%d requests", len(s.ranges))
	}
}

func TestTargetFolder(t *testing.T) {
	s := serve(t, image())
	dotted := filepath.Join(t.TempDir(), "v1.2")
	if err := os.Mkdir(dotted, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{dotted, filepath.Join(t.TempDir(), "isos")} {
		got, err := File(t.Context(), Options{URLs: []string{s.URL}, Checksum: digest(s.image), Target: target})
		if want := filepath.Join(target, "sha256-"+digest(s.image)); err != nil || got != want {
			t.Errorf("got %s, error %v", got, err)
		}
	}
}
