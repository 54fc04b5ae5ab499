package guest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
)

// root is how the server's user is root: without a password, or by a sudo that
// takes one.
var root = guest.Become{User: "root"}

// sleeper is a guest with these programs, which note how they were run. A text
// is a script; "" takes what this machine has.
func sleeper(t *testing.T, programs map[string]string) (s *sshtest.Server, noted func() string) {
	t.Helper()
	dir := t.TempDir()
	diary := filepath.Join(dir, "diary")
	for name, text := range programs {
		path := filepath.Join(dir, name)
		if text == "" {
			real, err := exec.LookPath(name)
			if err == nil {
				err = os.Symlink(real, path)
			}
			if err != nil {
				t.Fatal(err)
			}
			continue
		}
		text = "#!/bin/sh\nguest=$PATH PATH=/usr/bin:/bin\nnote() { echo \"$*\" >>'" + diary + "'; }\n" + text + "\n"
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s = sshtest.Start(t)
	s.Env = []string{"PATH=" + dir}
	return s, func() string {
		text, err := os.ReadFile(diary)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		return string(text)
	}
}

// What a guest has; nothing of it touches this machine.
const (
	isRoot   = `[ "$1" = -un ] && echo root || echo 0`
	isJoe    = `[ "$1" = -un ] && echo joe || echo 1000`
	takesIn  = `read -r line; note "$(basename "$0") ${#line} $line"`
	clock    = `note "date $*"`
	busyDate = `case $3 in *.*) exit 1 ;; esac; note "date $*"`
	badDate  = `echo "cannot set date" >&2; exit 1`
	sudo     = `case $* in *true*) exit 1 ;; esac; read -r password; note "sudo $password"
while [ "$1" != -- ]; do shift; done; shift; PATH=$guest exec "$@"`
	sudoDenies = `echo "joe is not in the sudoers file" >&2; exit 1`
)

func TestWake(t *testing.T) {
	for _, c := range []struct {
		name     string
		programs map[string]string
		root     guest.Become
		went     string // a pattern of what was noted
		problem  string
	}{
		{
			"with perl",
			map[string]string{"id": isRoot, "date": clock, "perl": takesIn, "python3": takesIn},
			root,
			`^date -u -s @(\d+\.\d+)\nperl 128 [0-9a-f]{128}\n$`, "",
		},
		{
			"with Python",
			map[string]string{"id": isRoot, "date": clock, "python3": takesIn},
			root,
			`^date -u -s @(\d+\.\d+)\npython3 128 [0-9a-f]{128}\n$`, "",
		},
		{
			"a clock of whole seconds",
			map[string]string{"id": isRoot, "date": busyDate, "perl": takesIn},
			root,
			`^date -u -s @(\d+)\nperl 128 `, "",
		},
		{
			"a password that is not needed",
			map[string]string{"id": isRoot, "date": clock, "perl": takesIn},
			guest.Become{User: "root", Password: "pass"},
			`^date -u -s @(\d+\.\d+)\nperl 128 `, "",
		},
		{
			"with sudo",
			map[string]string{"id": isJoe, "sudo": sudo, "sh": "", "date": clock, "perl": takesIn},
			guest.Become{User: "root", Password: "pass"},
			`^date -u -s @(\d+\.\d+)\nperl 128 .*\nsudo pass\n$`, "",
		},
		{"neither", map[string]string{"id": isRoot, "date": clock}, root, `^date -u -s @(\d+\.\d+)\n$`, "neither perl nor python3 is there"},
		{"a clock that stays", map[string]string{"id": isRoot, "date": badDate, "perl": takesIn}, root, `^perl 128 `, "cannot set date"},
		{"no way to be root", map[string]string{"id": isJoe, "sudo": sudoDenies, "date": clock, "perl": takesIn}, root, `^$`, "joe is not in the sudoers file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.programs["sh"] = ""
			s, noted := sleeper(t, c.programs)
			before := time.Now()
			err := guest.Wake(t.Context(), s.Connect(t), c.root, nil)
			if n := s.Sessions(); n != 1 {
				t.Errorf("%d round trips", n)
			}
			if (err != nil) != (c.problem != "") || err != nil && !strings.Contains(err.Error(), c.problem) {
				t.Errorf("error %v, want %q", err, c.problem)
			}
			went := strings.SplitAfter(noted(), "\n")
			slices.Sort(went) // the two run side by side
			found := regexp.MustCompile(c.went).FindStringSubmatch(strings.Join(went, ""))
			if found == nil {
				t.Fatalf("went %q", went)
			}
			if len(found) < 2 {
				return
			}
			told, err := strconv.ParseFloat(found[1], 64)
			if at := time.UnixMilli(int64(told * 1000)); err != nil || at.Before(before.Add(-time.Second)) || at.After(time.Now()) {
				t.Errorf("the clock was set to %s, %v", at, err)
			}
		})
	}
}

// TestWakeOfOneThatNeverAsks leaves nothing that waits for the question.
func TestWakeOfOneThatNeverAsks(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	g := mute{run: func(c guest.Command) error {
		go func() {
			defer close(done)
			_, _ = c.Stdin.Read(make([]byte, 10))
		}()
		cancel()
		return ctx.Err()
	}}
	if err := guest.Wake(ctx, g, guest.Become{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Error("the reading goes on")
	}
}

// mute is a guest of which only Run is used.
type mute struct {
	guest.Guest
	run func(guest.Command) error
}

func (m mute) Run(_ context.Context, c guest.Command) error { return m.run(c) }

func TestWakes(t *testing.T) {
	for name, c := range map[string]struct {
		programs map[string]string
		problem  string
	}{
		"perl":    {map[string]string{"id": isRoot, "perl": takesIn}, ""},
		"neither": {map[string]string{"id": isRoot}, "trying what a frozen guest would need: neither perl nor python3 is there"},
		"no root": {map[string]string{"id": isJoe}, "sudo is not installed in the guest"},
	} {
		c.programs["sh"] = ""
		s, noted := sleeper(t, c.programs)
		err := guest.Wakes(t.Context(), s.Connect(t), root)
		if (err != nil) != (c.problem != "") || err != nil && !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: %v", name, err)
		}
		if c.problem == "" && !regexp.MustCompile(`^perl 128 [0-9a-f]{128}\n$`).MatchString(noted()) {
			t.Errorf("%s: went %q", name, noted())
		}
	}
}

// TestReseeding has the real programs understand what they are given, as far as
// they come without root's rights.
func TestReseeding(t *testing.T) {
	for program, args := range map[string][]string{
		"perl":    {"-c", "-e"},
		"python3": {"-c"},
	} {
		if _, err := exec.LookPath(program); err != nil {
			t.Logf("%s is not here", program)
			continue
		}
		s, noted := sleeper(t, map[string]string{"id": isRoot, "sh": "", program: `note "$2"`})
		if err := guest.Wakes(t.Context(), s.Connect(t), root); err != nil {
			t.Fatal(err)
		}
		code := noted()
		if program == "python3" { // which compiles, but does not run it
			code = "compile(" + strconv.Quote(code) + ", 'reseed', 'exec')"
		}
		cmd := exec.CommandContext(t.Context(), program, append(args, code)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %s: %v", program, out, err)
		}
	}
}
