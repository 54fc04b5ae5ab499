package fileserver

import (
	"slices"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/option"
)

func TestHTTPValidate(t *testing.T) {
	for name, c := range map[string]struct {
		set func(*HTTP)
		bad []string // options with a problem
	}{
		"nothing to serve": {func(*HTTP) {}, nil},
		"a folder":         {func(h *HTTP) { h.HTTPDirectory = "." }, nil},
		"both": {func(h *HTTP) {
			h.HTTPDirectory, h.HTTPContent = ".", map[string]string{"/a": ""}
		}, []string{"http_content"}},
		"a path that starts nowhere": {func(h *HTTP) { h.HTTPContent = map[string]string{"a": ""} }, []string{"http_content"}},
		"a range upside down":        {func(h *HTTP) { h.HTTPPortMin, h.HTTPPortMax = 9000, 8000 }, []string{"http_port_min"}},
	} {
		h := Defaults()
		c.set(&h)
		var bad []string
		for _, p := range option.Problems(h.Validate()) {
			bad = append(bad, p.Option)
		}
		if !slices.Equal(bad, c.bad) {
			t.Errorf("%s: problems with %q, want %q", name, bad, c.bad)
		}
	}
}

func TestHTTPServe(t *testing.T) {
	h := Defaults()
	if s, err := h.Serve(t.Context()); s != nil || err != nil {
		t.Errorf("nothing to serve: got %v, %v", s, err)
	}
	h.HTTPContent = map[string]string{"/ks.cfg": "text"}
	s, err := h.Serve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Port() == 0 {
		t.Error("no port")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
