package salt

import (
	"testing"

	"github.com/ovenbird-io/ovenbird/provisioners"
)

func TestCall(t *testing.T) {
	const roots = " --file-root=/srv/salt --pillar-root=/srv/pillar --retcode-passthrough -l info"
	tests := map[string]struct {
		set  func(*Salt)
		want string
	}{
		"highstate":   {func(*Salt) {}, "salt-call --local state.highstate" + roots},
		"states":      {func(s *Salt) { s.CustomState = "a,b" }, "salt-call --local state.sls a,b" + roots},
		"quoted":      {func(s *Salt) { s.CustomState = "a b" }, "salt-call --local state.sls 'a b'" + roots},
		"elsewhere":   {func(s *Salt) { s.SaltBinDir = "/opt/salt/" }, "/opt/salt/salt-call --local state.highstate" + roots},
		"its config":  {func(s *Salt) { s.MinionConfig = "m" }, "salt-call --local state.highstate --config-dir=/tmp/salt --retcode-passthrough -l info"},
		"failures ok": {func(s *Salt) { s.MinionConfig, s.NoExitOnFailure = "m", true }, "salt-call --local state.highstate --config-dir=/tmp/salt -l info"},
		"arguments":   {func(s *Salt) { s.SaltCallArgs = "pillar='{}'" }, "salt-call --local state.highstate" + roots + " pillar='{}'"},
	}
	for name, test := range tests {
		s, _ := New(provisioners.Env{}).(*Salt)
		test.set(s)
		if got := s.call(); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

func TestBecome(t *testing.T) {
	s, _ := New(provisioners.Env{Vars: map[string]string{"Password": "secret"}}).(*Salt)
	if b := s.become(); b.User != "root" || b.Password != "secret" {
		t.Errorf("got %+v", b)
	}
	s.DisableSudo = true
	if b := s.become(); b.User != "" {
		t.Errorf("without sudo: %+v", b)
	}
}
