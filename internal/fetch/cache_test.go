package fetch

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/ui"
)

func TestDamagedCacheIsFetchedAgain(t *testing.T) {
	cases := []struct {
		name     string
		damage   func(t *testing.T, file string)
		requests int // after the first
		warns    bool
	}{
		{"untouched", func(*testing.T, string) {}, 0, false},
		{"touched", func(t *testing.T, file string) { later(t, file) }, 0, false},
		{"not known to be checked", func(t *testing.T, file string) { remove(t, file+".checked") }, 0, false},
		{"cut off", func(t *testing.T, file string) {
			if err := os.Truncate(file, 1000); err != nil {
				t.Fatal(err)
			}
		}, 1, true},
		{"changed in place", func(t *testing.T, file string) {
			text := image()
			text[5000] ^= 1
			if err := os.WriteFile(file, text, 0o644); err != nil {
				t.Fatal(err)
			}
			later(t, file)
		}, 1, true},
		{"removed", remove, 1, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, image())
			var shown bytes.Buffer
			o := Options{
				URLs: []string{s.URL + "/disk"}, Checksum: digest(s.image), Dir: t.TempDir(),
				Out: ui.New(ui.Options{Stderr: &shown}).For("b"),
			}
			file, err := File(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			c.damage(t, file)
			for range 2 { // the second time all is well
				if _, err := File(t.Context(), o); err != nil {
					t.Fatal(err)
				}
				expect(t, file, s.image)
			}
			if got := len(s.ranges) - 1; got != c.requests {
				t.Errorf("%d more requests; want %d", got, c.requests)
			}
			if warned := strings.Contains(shown.String(), "damaged"); warned != c.warns {
				t.Errorf("warned: %t; shown:\n%s", warned, shown.String())
			}
			if !stamped(file) {
				t.Error("it is not remembered as checked")
			}
		})
	}
}

func later(t *testing.T, file string) {
	t.Helper()
	if err := os.Chtimes(file, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, file string) {
	t.Helper()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
}

func TestLoginFromNetrc(t *testing.T) {
	var seen []string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, "elsewhere "+r.Header.Get("Authorization"))
		_, _ = w.Write(image())
	}))
	defer elsewhere.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		seen = append(seen, user+":"+password)
		http.Redirect(w, r, strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1), http.StatusFound)
	}))
	defer server.Close()
	netrc := filepath.Join(t.TempDir(), "netrc")
	if err := os.WriteFile(netrc, []byte("machine 127.0.0.1 login ann password hunter22\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("NETRC", netrc)
	for _, c := range []struct{ login, want string }{{"", "ann:hunter22"}, {"ann@", "ann:hunter22"}, {"bob:own@", "bob:own"}} {
		seen = nil
		var shown bytes.Buffer
		root := ui.New(ui.Options{Stderr: &shown})
		url := strings.Replace(server.URL, "//", "//"+c.login, 1)
		if _, err := File(t.Context(), Options{URLs: []string{url + "/x"}, Checksum: digest(image()), Dir: t.TempDir(), Out: root.For("b")}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(seen, ", "); got != c.want+", elsewhere " {
			t.Errorf("%s: the servers saw %q; want %q for the first alone", url, got, c.want)
		}
		if c.login == "" {
			root.Warn("the password is hunter22")
			if strings.Contains(shown.String(), "hunter22") {
				t.Errorf("the password is shown:\n%s", shown.String())
			}
		}
	}
}
