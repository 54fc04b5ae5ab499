package debootstrap

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ovenbird-io/ovenbird/builders"
)

func etcWith(t *testing.T, files map[string]string) string {
	t.Helper()
	etc := t.TempDir()
	if err := os.Mkdir(filepath.Join(etc, "sources.list.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(etc, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return etc
}

func TestHostSources(t *testing.T) {
	const ring = "/usr/share/keyrings/debian-archive-keyring.gpg"
	for _, c := range []struct {
		name  string
		suite string
		files map[string]string
		want  []string
	}{
		{"nothing at all", "bookworm", nil, nil},
		{
			"one line", "bookworm",
			map[string]string{"sources.list": "# old\ndeb http://deb.debian.org/debian bookworm main contrib # yes\n" +
				"deb-src http://deb.debian.org/debian bookworm main\ndeb http://security.debian.org/debian-security bookworm-security main\n"},
			[]string{"deb http://deb.debian.org/debian bookworm main contrib", "deb http://security.debian.org/debian-security bookworm-security main"},
		},
		{
			"one line with options", "trixie",
			map[string]string{"sources.list": "deb [ arch=amd64 signed-by=" + ring + " ] https://m.example/debian/ trixie main\n"},
			[]string{"deb [signed-by=" + ring + "] https://m.example/debian/ trixie main"},
		},
		{
			"deb822, two suites, a comment inside", "bookworm",
			map[string]string{"sources.list.d/debian.sources": "Types: deb deb-src\n# snapshot\nURIs: http://deb.debian.org/debian\n" +
				"Suites: bookworm bookworm-updates\nComponents: main\nSigned-By: " + ring + "\n\n" +
				"Types: deb\nURIs: http://deb.debian.org/debian-security\nSuites: bookworm-security\nComponents: main\n"},
			[]string{
				"deb [signed-by=" + ring + "] http://deb.debian.org/debian bookworm main",
				"deb [signed-by=" + ring + "] http://deb.debian.org/debian bookworm-updates main",
				"deb http://deb.debian.org/debian-security bookworm-security main",
			},
		},
		{
			"an embedded key counts as none; a disabled stanza and one of sources only do not count", "bookworm",
			map[string]string{"sources.list.d/a.sources": "Types: deb\nURIs: http://m.example/debian\nSuites: bookworm\nComponents: main\nSigned-By:\n -----BEGIN\n .\n abc\n\n" +
				"Enabled: no\nTypes: deb\nURIs: http://n.example/debian\nSuites: bookworm\nComponents: main\n\n" +
				"Types: deb-src\nURIs: http://o.example/debian\nSuites: bookworm\nComponents: main\n"},
			[]string{"deb http://m.example/debian bookworm main"},
		},
		{
			"others' archives, other releases, CDs, and files apt does not read", "bookworm",
			map[string]string{
				"sources.list": "deb https://download.docker.example/linux/debian bookworm stable\ndeb https://php.example/php bookworm main\n" +
					"deb http://deb.debian.org/debian trixie main\ndeb cdrom:[Debian]/ bookworm main\ndeb http://deb.debian.org/debian bookworm-backports main\n",
				"sources.list.d/x.list.off": "deb http://deb.debian.org/debian bookworm main\n",
			},
			nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, err := hostSources(etcWith(t, c.files), c.suite)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range found {
				got = append(got, e.String())
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestSources(t *testing.T) {
	host := map[string]string{"sources.list": "deb http://h.example/debian bookworm main\n"}
	for _, c := range []struct {
		name string
		set  func(b *Builder)
		want []string
	}{
		{"the host's", func(*Builder) {}, []string{"deb http://h.example/debian bookworm main"}},
		{"the host's with other components", func(b *Builder) { b.Components = []string{"main", "contrib"} }, []string{"deb http://h.example/debian bookworm main contrib"}},
		{"a release the host does not know", func(b *Builder) { b.Suite = "trixie" }, []string{
			"deb http://deb.debian.org/debian trixie main", "deb http://deb.debian.org/debian trixie-updates main",
			"deb http://deb.debian.org/debian-security trixie-security main",
		}},
		{"a mirror without security", func(b *Builder) { b.Mirror, b.SecurityMirror = "http://m.example/d", "none" }, []string{
			"deb http://m.example/d bookworm main", "deb http://m.example/d bookworm-updates main",
		}},
		{"unstable has no updates", func(b *Builder) { b.Suite = "sid" }, []string{"deb http://deb.debian.org/debian sid main"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := New(builders.Env{Name: "base"}).(*Builder)
			b.etc = etcWith(t, host)
			c.set(b)
			found, _, err := b.sources()
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range found {
				got = append(got, e.String())
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}
