package host

import (
	"path/filepath"
	"testing"
)

func TestCacheDir(t *testing.T) {
	here, err := filepath.Abs("rel")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		env  map[string]string
		want string
	}{
		{"ours first", map[string]string{"OVENBIRD_CACHE_DIR": "/a", "PACKER_CACHE_DIR": "/b", "HOME": "/h"}, "/a"},
		{"then Packer's", map[string]string{"PACKER_CACHE_DIR": "/b", "XDG_CACHE_HOME": "/x"}, "/b"},
		{"made absolute", map[string]string{"PACKER_CACHE_DIR": "rel"}, here},
		{"XDG", map[string]string{"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/x/ovenbird"},
		{"relative XDG is ignored, as its standard says", map[string]string{"XDG_CACHE_HOME": "x", "HOME": "/h"}, "/h/.cache/ovenbird"},
		{"home", map[string]string{"HOME": "/h"}, "/h/.cache/ovenbird"},
		{"none", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := CacheDir(func(k string) string { return c.env[k] })
			if got != c.want || (err == nil) != (c.want != "") {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
		})
	}
}
