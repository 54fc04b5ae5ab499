package localscript

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/script"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

func debian() Build {
	return Build{Build: script.Build{Name: "debian", Type: "qemu"}, Vars: map[string]string{"ID": "VM"}}
}

func newLocal() *Options {
	o := Defaults()
	return &o
}

// TestRun runs scripts that write what they see to $OUT.
func TestRun(t *testing.T) {
	tests := map[string]struct {
		set  func(s *Options, dir string)
		out  string
		want string // of the error
	}{
		"command":   {set: func(s *Options, _ string) { s.Command = "echo a >$OUT" }, out: "a\n"},
		"inline":    {set: func(s *Options, _ string) { s.Inline = []string{"x=1", "echo $x $PACKER_BUILD_NAME >$OUT"} }, out: "1 debian\n"},
		"script":    {set: func(s *Options, dir string) { s.Script = dir + "/a.sh" }, out: "script\n"},
		"only here": {set: func(s *Options, _ string) { s.OnlyOn, s.Command = []string{"linux"}, "echo a >$OUT" }, out: "a\n"},
		"elsewhere": {set: func(s *Options, _ string) { s.OnlyOn, s.Command = []string{"windows"}, "echo a >$OUT" }},
		"first failure ends it": {
			set:  func(s *Options, _ string) { s.Inline = []string{"exit 3", "echo a >$OUT"} },
			want: "inline script: exit status 3",
		},
		"missing script": {set: func(s *Options, dir string) { s.Script = dir + "/gone" }, want: "/gone: exit status 127"},
		"valid_exit_codes": {
			set:  func(s *Options, _ string) { s.ValidExitCodes, s.Command = []int{3}, "exit 0" },
			want: "inline script: exit status 0; valid_exit_codes are [3]",
		},
		"killed": {
			set:  func(s *Options, _ string) { s.Command = "kill -9 $$" },
			want: "inline script: exit status 137", // sh -c tells it so
		},
		"execute_command": {
			set: func(s *Options, _ string) {
				s.ExecuteCommand = []string{"/bin/sh", "-c", "{{.Vars}} sh {{.Script}} {{.ID}} {{build `ID`}}"}
				s.Command = "echo $1 $2 >$OUT"
			},
			out: "VM VM\n",
		},
		"another interpreter": {
			set: func(s *Options, _ string) {
				s.InlineShebang, s.TempfileExtension = "/bin/cat", ".txt"
				s.ExecuteCommand = []string{"/bin/sh", "-c", "{{.Vars}} tail -n 1 {{.Command}} >$HERE/out"}
				s.Inline = []string{"text"}
			},
			out: "text\n",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("TMPDIR", filepath.Join(dir, "tmp"))
			t.Setenv("HERE", dir)
			if err := errors.Join(os.Mkdir(dir+"/tmp", 0o700), os.WriteFile(dir+"/a.sh", []byte("#!/bin/sh\necho script >$OUT\n"), 0o700)); err != nil { //nolint:gosec // it is run
				t.Fatal(err)
			}
			s := newLocal()
			s.Env = map[string]string{"OUT": dir + "/out"}
			test.set(s, dir)
			err := s.Run(t.Context(), debian(), &ui.UI{})
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.HasSuffix(err.Error(), test.want)) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if out, _ := os.ReadFile(dir + "/out"); string(out) != test.out {
				t.Errorf("got %q, want %q", out, test.out)
			}
			if left, _ := os.ReadDir(dir + "/tmp"); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestCancel sees that nothing of the script is left, its children included.
func TestCancel(t *testing.T) {
	out := t.TempDir() + "/pid"
	s := newLocal()
	s.Env = map[string]string{"OUT": out}
	s.Inline = []string{"sleep 60 &", "echo $! >$OUT.new; mv $OUT.new $OUT", "wait"}
	stop := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, debian(), &ui.UI{}) }()
	var pid []byte
	await(t, "the script to start", func() bool {
		var err error
		pid, err = os.ReadFile(out)
		return err == nil
	})
	cancel(stop)
	if err := <-done; !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	await(t, "the child to end", func() bool {
		status, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/stat")
		return err != nil || strings.Contains(string(status), ") Z ")
	})
}

func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func TestCheck(t *testing.T) {
	tests := map[string]struct {
		set  func(s *Options)
		want []string // options to blame
	}{
		"nothing":       {func(*Options) {}, []string{""}},
		"command":       {func(s *Options) { s.Command = "true" }, nil},
		"two forms":     {func(s *Options) { s.Command, s.Script = "true", "localscript.go" }, []string{"command"}},
		"two others":    {func(s *Options) { s.Inline, s.Script = []string{"true"}, "localscript.go" }, []string{"inline"}},
		"missing":       {func(s *Options) { s.Script = "none" }, []string{"script"}},
		"only_on":       {func(s *Options) { s.Command, s.OnlyOn = "true", []string{"Linux", "linux"} }, []string{"only_on"}},
		"linux pathing": {func(s *Options) { s.Command, s.UseLinuxPathing = "true", true }, []string{"use_linux_pathing"}},
		"no program":    {func(s *Options) { s.Command, s.ExecuteCommand = "true", nil }, []string{"execute_command"}},
		"bad template":  {func(s *Options) { s.Command, s.ExecuteCommand = "true", []string{"{{.Nope}}"} }, []string{"execute_command"}},
	}
	for name, test := range tests {
		s := newLocal()
		test.set(s)
		var got []string
		for _, p := range option.Problems(s.Check(debian())) {
			got = append(got, p.Option)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
