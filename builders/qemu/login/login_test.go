package login

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/ovenbird-io/ovenbird/internal/communicator"
)

func options(change func(*communicator.SSH)) *communicator.SSH {
	s := communicator.Defaults()
	if change != nil {
		change(&s)
	}
	return &s
}

func TestNew(t *testing.T) {
	for _, c := range []struct {
		name     string
		change   func(*communicator.SSH)
		user     string
		injected bool
		keyless  bool
		problem  string
	}{
		{name: "a throw-away login is root's", user: "root", injected: true},
		{name: "or somebody's", change: func(s *communicator.SSH) { s.Username = "joe" }, user: "joe", injected: true},
		{name: "a password", change: func(s *communicator.SSH) { s.Username, s.Password = "joe", "x" }, user: "joe"},
		{name: "a key", change: func(s *communicator.SSH) { s.Username, s.PrivateKeyFile = "joe", "x" }, user: "joe"},
		{name: "an agent", change: func(s *communicator.SSH) { s.Username, s.AgentAuth = "joe", true }, user: "joe"},
		{name: "nobody", change: func(s *communicator.SSH) { s.Communicator = "none" }, keyless: true},
		{name: "an unknown key", change: func(s *communicator.SSH) { s.TemporaryKeyPairType = "dsa" }, problem: "dsa", keyless: true},
	} {
		l, err := New(options(c.change), "run", nil)
		if (err != nil) != (c.problem != "") || err != nil && !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: %v", c.name, err)
		}
		if l.User != c.user || l.Injected != c.injected || (l.Inject() != nil) != c.injected || (l.HostKeys != nil) != c.injected || (l.Key.PEM == "") != c.keyless {
			t.Errorf("%s: %+v", c.name, l)
		}
		if i := l.Inject(); i != nil && (i.User != c.user || i.AuthorizedKey != l.Key.Authorized || i.HostKeyPrivate != l.Host.PEM) {
			t.Errorf("%s: injects %+v", c.name, i)
		}
		if !c.keyless && !strings.HasSuffix(strings.TrimSpace(l.Key.Authorized), " ovenbird-run") {
			t.Errorf("%s: the key is %s", c.name, l.Key.Authorized)
		}
	}
}

// TestRecord lets another build in by what was recorded of a login.
func TestRecord(t *testing.T) {
	for _, c := range []struct {
		name          string
		made, resumed func(*communicator.SSH)
		user          string
	}{
		{"the same options", nil, nil, "root"},
		{"somebody", func(s *communicator.SSH) { s.Username = "joe" }, func(s *communicator.SSH) { s.Username = "joe" }, "joe"},
		{
			"a user of the base has another name by now",
			func(s *communicator.SSH) { s.Username, s.Password = "joe", "x" },
			func(s *communicator.SSH) { s.Username, s.Password = "jim", "x" }, "jim",
		},
	} {
		l, err := New(options(c.made), "run", nil)
		if err != nil {
			t.Fatal(err)
		}
		other, err := New(options(nil), "other", nil)
		if err != nil {
			t.Fatal(err)
		}
		shown := other.Host.Authorized // the guest has made itself another one
		text, err := json.Marshal(l.Record([]string{shown}))
		if err != nil {
			t.Fatal(err)
		}
		var r Record
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
		got, err := r.Login(options(c.resumed), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got.User != c.user || got.Injected != l.Injected || got.Key.Authorized != l.Key.Authorized || got.Key.PEM != l.Key.PEM {
			t.Errorf("%s: got %+v", c.name, got)
		}
		if len(got.Signers()) != 1 || ssh.FingerprintSHA256(got.Signers()[0].PublicKey()) != ssh.FingerprintSHA256(l.Key.Signer.PublicKey()) {
			t.Errorf("%s: another key", c.name)
		}
		if len(got.HostKeys) != 1 || ssh.FingerprintSHA256(got.HostKeys[0]) != ssh.FingerprintSHA256(other.Host.Signer.PublicKey()) {
			t.Errorf("%s: the guest must show %v", c.name, got.HostKeys)
		}
	}
}

func TestRecordOfJunk(t *testing.T) {
	l, err := New(options(nil), "run", nil)
	if err != nil {
		t.Fatal(err)
	}
	bad := l.Record([]string{"ssh-rsa junk"})
	if _, err := bad.Login(options(nil), nil); err == nil || !strings.HasPrefix(err.Error(), "reading a remembered host key: ") {
		t.Errorf("got %v", err)
	}
	var none Record
	if _, err := none.Login(options(nil), nil); err == nil || errors.Unwrap(err) == nil {
		t.Errorf("got %v", err)
	}
}
