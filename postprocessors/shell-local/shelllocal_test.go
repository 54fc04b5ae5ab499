package shelllocal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/postprocessors"
)

func TestProcess(t *testing.T) {
	for name, c := range map[string]struct {
		command string
		execute []string
		want    string // what the script writes
		fail    string
	}{
		"variables":      {command: "echo $PACKER_BUILD_NAME $PACKER_BUILDER_TYPE >$OUT", want: "debian qemu\n"},
		"build values":   {command: "echo $1 >$OUT", execute: []string{"/bin/sh", "-c", "{{.Vars}} {{.Script}} {{build `ID`}}"}, want: "VM\n"},
		"one string":     {command: "echo one >$OUT", execute: []string{"{{.Vars}} {{.Script}}"}, want: "one\n"},
		"a failing step": {command: "exit 4", fail: "exit status 4"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := New(postprocessors.Env{BuildName: "debian", BuilderType: "qemu", Vars: map[string]string{"ID": "VM"}}).(*ShellLocal)
			out := filepath.Join(t.TempDir(), "out")
			s.Command, s.Env = c.command, map[string]string{"OUT": out}
			if c.execute != nil {
				s.ExecuteCommand = c.execute
			}
			if err := s.Validate(); err != nil {
				t.Fatal(err)
			}
			in := &artifact.Artifact{ID: "VM"}
			got, err := s.Process(t.Context(), in, &ui.UI{})
			if c.fail != "" {
				if err == nil || !strings.Contains(err.Error(), c.fail) {
					t.Errorf("error %v, want %q", err, c.fail)
				}
				return
			}
			if err != nil || got != in {
				t.Fatalf("got %v, error %v; want the artifact as it was", got, err)
			}
			if text, err := os.ReadFile(out); err != nil || string(text) != c.want {
				t.Errorf("the script wrote %q, error %v; want %q", text, err, c.want)
			}
		})
	}
}

func TestInputIsAlwaysKept(t *testing.T) {
	if byDefault, forced := (&ShellLocal{}).KeepInput(); !byDefault || !forced {
		t.Error("the template could have the artifact removed, though it is the result")
	}
}
