package powershell

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// TestSeveralScripts sees which of them run, and what the guest gets of them.
func TestSeveralScripts(t *testing.T) {
	tests := map[string]struct {
		scripts []string
		set     func(*PowerShell)
		err     string
		want    []string // in this order
		not     string
	}{
		"in turn":              {scripts: []string{"a.ps1", "b.ps1"}, want: []string{"this is a", "this is b"}},
		"up to a failure":      {scripts: []string{"a.ps1", "fails.ps1", "b.ps1"}, err: "fails.ps1: exit status 3", want: []string{"this is a", "exit 3"}, not: "this is b"},
		"one is gone":          {scripts: []string{"a.ps1", "gone.ps1"}, err: "gone.ps1", want: []string{"this is a"}},
		"line ends of Windows": {scripts: []string{"lines.ps1"}, want: []string{"one~\n", "two~\n"}},
		"a binary":             {scripts: []string{"lines.ps1"}, set: func(p *PowerShell) { p.Binary = true }, want: []string{"one\n", "two~\n"}},
		"places of one's own": {
			scripts: []string{"a.ps1"}, want: []string{". 'c:/Windows/Temp/script''s vars.ps1'; &'c:/Windows/Temp/script 1.ps1'"},
			set: func(p *PowerShell) {
				p.RemotePath, p.RemoteEnvVarPath = "c:/Windows/Temp/script 1.ps1", "c:/Windows/Temp/script's vars.ps1"
			},
		},
		"no such folder": {scripts: []string{"a.ps1"}, set: func(p *PowerShell) { p.RemotePath = "d:/none/x.ps1" }, err: `set ssh_file_transfer_method = "sftp"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g, root := windows(t)
			for name, text := range map[string]string{"a.ps1": "this is a\n", "b.ps1": "this is b\n", "fails.ps1": "exit 3\n", "lines.ps1": "one\ntwo\r\n"} {
				if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			p, _ := New(provisioners.Env{Vars: map[string]string{"ConnType": "ssh"}}).(*PowerShell)
			p.Scripts = test.scripts
			if test.set != nil {
				test.set(p)
			}
			var said bytes.Buffer
			err := p.Provision(t.Context(), g, ui.New(ui.Options{Stderr: &said}).For("b"))
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("got %v, want %q", err, test.err)
			}
			rest := said.String()
			for _, want := range test.want {
				_, after, ok := strings.Cut(rest, want)
				if rest = after; !ok {
					t.Errorf("no %q in its place in\n%s", want, said.String())
				}
			}
			if test.not != "" && strings.Contains(said.String(), test.not) {
				t.Errorf("%q in\n%s", test.not, said.String())
			}
			if left, _ := filepath.Glob(root + "/c:/Windows/Temp/*"); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// windows is a guest with fake, which shows carriage returns as "~".
func windows(t *testing.T) (g guest.Guest, root string) {
	t.Helper()
	s, bin := sshtest.Start(t), t.TempDir()
	s.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH")}
	t.Chdir(t.TempDir())
	shows := strings.Replace(fake, "cat c:/Windows/Temp/*", `cat c:/Windows/Temp/* | tr "\r" "~"`, 1)
	err := errors.Join(os.MkdirAll(s.Root+"/c:/Windows/Temp", 0o755), os.WriteFile(bin+"/powershell", []byte(shows), 0o755)) //nolint:gosec // it is run
	if err != nil {
		t.Fatal(err)
	}
	return s.Connect(t), s.Root
}

// TestInterrupted leaves no variables in a guest that stays, as that of the
// null builder does.
func TestInterrupted(t *testing.T) {
	g, root := windows(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	why := errors.New("interrupted")
	running := root + "/running"
	if err := syscall.Mkfifo(running, 0o600); err != nil {
		t.Fatal(err)
	}
	p, _ := New(provisioners.Env{Vars: map[string]string{"ConnType": "ssh"}}).(*PowerShell)
	p.Inline, p.Env, p.ExecuteCommand = []string{"x"}, map[string]string{"TOKEN": "secret"}, "echo >running; sleep 60"
	go func() {
		_, _ = os.ReadFile(running) // its end is the event
		cancel(why)
	}()
	if err := p.Provision(ctx, g, &ui.UI{}); !errors.Is(err, why) && !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left, _ := filepath.Glob(root + "/c:/Windows/Temp/*"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestWithoutAGuest(t *testing.T) {
	if err := New(provisioners.Env{}).Provision(t.Context(), nil, &ui.UI{}); err == nil || !strings.Contains(err.Error(), "no connection") {
		t.Errorf("got %v", err)
	}
}
