package base

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestCheckOnline(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/disk.img" {
			http.NotFound(w, r)
		}
	}))
	defer s.Close()
	for _, c := range []struct {
		name string
		o    Origin
		want string
	}{
		{"base of a URL", Origin{ISOURL: s.URL + "/disk.img"}, ""},
		{"one of several", Origin{ISOURLs: []string{s.URL + "/old.img", s.URL + "/disk.img"}}, ""},
		{"from a URL", Origin{Base: s.URL + "/disk.img"}, ""},
		{"from a source of the template", Origin{Base: "source.debootstrap.x"}, ""},
		{"gone", Origin{ISOURL: s.URL + "/old.img"}, "404"},
		{"no list of checksums", Origin{ISOURL: s.URL + "/disk.img", ISOChecksum: "file:" + s.URL + "/SUMS"}, "/SUMS: server answered 404"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.o.CheckOnline(t.Context())
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
