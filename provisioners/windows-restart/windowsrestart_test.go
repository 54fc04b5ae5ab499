package windowsrestart

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// A guest that is on its way down for two looks, and whose registry tells of a
// restart for one.
const (
	fakeShutdown = `#!/bin/sh
echo "$*" >>log
case $* in
*"/t 0"*) echo xx >busy; exit 190 ;;
*"/t 60"*) [ "$(cat busy)" = "" ] || { sed -i 's/x//' busy; exit 91; } ;;
esac
`
	fakePowershell = `#!/bin/sh
echo "$*" >>log
case $* in *Test-Path*) [ -e asked ] || { touch asked; exit 1; } ;; esac
`
)

func TestProvision(t *testing.T) {
	tests := map[string]struct {
		set  func(*WindowsRestart)
		err  string
		want []string // what the guest was asked, in order
	}{
		"restarts": {want: []string{"/t 60", "/t 60", "/t 60", "/a", "restarted."}},
		"with the registry": {
			set:  func(w *WindowsRestart) { w.CheckRegistry, w.RegistryKeys = true, []string{"K1", "K2"} },
			want: []string{"/t 60", "/t 60", "/t 60", "/a", "restarted.", "'K1','K2'", "'K1','K2'"},
		},
		"refused": {set: func(w *WindowsRestart) { w.RestartCommand = "exit 5" }, err: "restart_command: exit status 5"},
		"never back": {
			set: func(w *WindowsRestart) { w.RestartCheckCommand, w.RestartTimeout = "false", 2*time.Second },
			err: "not back within 2s",
		},
		"winrm": {set: func(w *WindowsRestart) { w.env.Vars["ConnType"] = "winrm" }, err: "WinRM is not supported yet"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, bin := sshtest.Start(t), t.TempDir()
			s.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH")}
			for name, text := range map[string]string{"shutdown": fakeShutdown, "powershell": fakePowershell} {
				if err := os.WriteFile(bin+"/"+name, []byte(text), 0o755); err != nil { //nolint:gosec // they are run
					t.Fatal(err)
				}
			}
			w, _ := New(provisioners.Env{Vars: map[string]string{"ConnType": "ssh"}}).(*WindowsRestart)
			w.poll = 10 * time.Millisecond
			w.RestartCommand += "; exit 0" // Windows' codes are beyond those of sh
			if test.set != nil {
				test.set(w)
			}
			err := w.Provision(t.Context(), s.Connect(t), &ui.UI{})
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("got %v, want %q", err, test.err)
			}
			log, _ := os.ReadFile(s.Root + "/log")
			asked := strings.Split(strings.TrimSpace(string(log)), "\n")[1:]
			for i, want := range test.want {
				if len(asked) != len(test.want) || !strings.Contains(asked[i], want) {
					t.Fatalf("asked %q, want %q", asked, test.want)
				}
			}
		})
	}
}

func TestValidate(t *testing.T) {
	w, _ := New(provisioners.Env{}).(*WindowsRestart)
	if err := w.Validate(); err != nil {
		t.Error(err)
	}
	w.RestartCommand, w.RestartCheckCommand, w.RestartTimeout = "", "", 0
	var got []string
	for _, p := range option.Problems(w.Validate()) {
		got = append(got, p.Option)
	}
	if want := []string{"restart_command", "restart_check_command", "restart_timeout"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestInputs(t *testing.T) {
	p, ok := New(provisioners.Env{}).(provisioners.Inputs)
	if !ok {
		t.Fatal("it cannot be remembered")
	}
	if got, err := p.Inputs(); len(got) > 0 || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}
