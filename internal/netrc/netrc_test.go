package netrc

import (
	"os"
	"path/filepath"
	"testing"
)

const file = `# machine commented login x password y
machine one.example login ann password secret1
machine ONE.example
	login bob account x
	password "a \"quoted\" secret"
macdef init
machine macro.example login m password p

machine empty.example login nobody
default login anonymous password guest
`

func TestFind(t *testing.T) {
	cases := []struct {
		text, host, user string
		want             Login
		ok               bool
	}{
		{file, "one.example", "", Login{"ann", "secret1"}, true},
		{file, "one.example", "bob", Login{"bob", `a "quoted" secret`}, true},
		{file, "One.Example", "ann", Login{"ann", "secret1"}, true},
		{file, "other.example", "", Login{"anonymous", "guest"}, true},
		{file, "other.example", "bob", Login{}, false},
		{file, "macro.example", "m", Login{}, false},
		{file, "commented", "x", Login{}, false},
		{"machine a login", "a", "", Login{}, false},
		{"machine", "a", "", Login{}, false},
		{"machine a login \"u", "a", "", Login{}, false},
		{"machine a password p", "a", "", Login{"", "p"}, true},
		{"machine a login password password login", "a", "", Login{"password", "login"}, true},
		{"", "a", "", Login{}, false},
	}
	for _, c := range cases {
		got, ok := find(c.text, c.host, c.user)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%s as %q: got %v, %t; want %v, %t", c.host, c.user, got, ok, c.want, c.ok)
		}
	}
}

func TestFor(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("NETRC", "")
	if _, ok, err := For("a", ""); ok || err != nil {
		t.Errorf("without a file: %t, %v", ok, err)
	}
	for name, password := range map[string]string{".netrc": "home", "other": "env"} {
		if err := os.WriteFile(filepath.Join(home, name), []byte("machine a login u password "+password), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, ok, err := For("a", ""); !ok || err != nil || got.Password != "home" {
		t.Errorf("from the home folder: %v, %t, %v", got, ok, err)
	}
	t.Setenv("NETRC", filepath.Join(home, "other"))
	if got, ok, err := For("a", ""); !ok || err != nil || got.Password != "env" {
		t.Errorf("from NETRC: %v, %t, %v", got, ok, err)
	}
	t.Setenv("NETRC", home)
	if _, _, err := For("a", ""); err == nil {
		t.Error("a folder is read as a file")
	}
}
