package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/datasource"
	"github.com/ovenbird-io/ovenbird/internal/datasource/external"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/signals"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/postprocessors"
	"github.com/ovenbird-io/ovenbird/provisioners"
	"github.com/ovenbird-io/ovenbird/templates"
)

// TestMain makes this test binary also the program "ovenbird" of the scripts,
// with toy components.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"ovenbird": func() {
			ctx := signals.Context(context.Background(), func() { os.Exit(ExitInterrupted) })
			env := Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Version: "1.2.3"}
			os.Exit(Main(ctx, os.Args[1:], env, toys()))
		},
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			program, err := exec.LookPath("ovenbird")
			if err != nil {
				return err
			}
			e.Setenv("OVENBIRD", filepath.Dir(program)) // the folder, for scripts that set PATH
			return syscall.Mkfifo(filepath.Join(e.WorkDir, "ready"), 0o600)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":     exits,
			"interrupt": interrupt,
			"jsonlines": jsonLines,
			"records":   sameRecords,
			"remember":  remember,
		},
	})
}

// exits CODE PROGRAM ARGS... runs a program that must end with that exit code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	var failed *exec.ExitError
	code := 0
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &failed) {
		code = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// interrupt SIGNALS PROGRAM ARGS... sends each of the signals when a toy
// machine writes to the pipe "ready". The program must exit with 130; its
// output goes to the files out and err.
func interrupt(ts *testscript.TestScript, _ bool, args []string) {
	cmd := exec.CommandContext(context.Background(), args[1], args[2:]...)
	cmd.Dir, cmd.Env = ts.Getenv("WORK"), append(os.Environ(), "HOME="+ts.Getenv("HOME"))
	var out strings.Builder
	errs := &announced{warned: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &out, errs
	ts.Check(cmd.Start())
	for i, name := range strings.Split(args[0], ",") {
		if i > 0 {
			<-errs.warned // what a person would wait for before the second Ctrl-C
		}
		_, err := os.ReadFile(ts.MkAbs("ready"))
		ts.Check(err)
		ts.Check(cmd.Process.Signal(map[string]os.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}[name]))
	}
	var failed *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &failed) || failed.ExitCode() != ExitInterrupted {
		ts.Fatalf("want exit code %d, got %v; stderr:\n%s", ExitInterrupted, err, errs.String())
	}
	ts.Check(os.WriteFile(ts.MkAbs("out"), []byte(out.String()), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("err"), []byte(errs.String()), 0o600))
}

// announced keeps a stream and tells when it first speaks of cleaning up.
type announced struct {
	strings.Builder
	warned chan struct{}
	once   sync.Once
}

func (a *announced) Write(b []byte) (int, error) {
	n, err := a.Builder.Write(b)
	if strings.Contains(a.String(), "cleaning up") {
		a.once.Do(func() { close(a.warned) })
	}
	return n, err
}

// jsonLines checks that each line of a stream is a JSON event of version 1.
func jsonLines(ts *testscript.TestScript, _ bool, args []string) {
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var e struct {
			V     int
			Event string
			Time  time.Time
		}
		ts.Check(json.Unmarshal([]byte(line), &e))
		if e.V != 1 || e.Event == "" || e.Time.IsZero() {
			ts.Fatalf("not an event: %s", line)
		}
	}
}

// sameRecords OUTPUT WANT compares records: T is a Unix time, D a duration.
func sameRecords(ts *testscript.TestScript, _ bool, args []string) {
	got := regexp.MustCompile(`(?m)^\d{10},`).ReplaceAllString(ts.ReadFile(args[0]), "T,")
	got = regexp.MustCompile(`(?m) after .*?(\.?)$`).ReplaceAllString(got, " after D$1")
	want := strings.ReplaceAll(ts.ReadFile(args[1]), "$HOME", ts.Getenv("HOME"))
	if got != want {
		ts.Fatalf("got:\n%s\nwant:\n%s", got, want)
	}
}

func toys() templates.Components {
	return templates.Components{
		Builders: map[string]func(builders.Env) builders.Builder{
			"toy":  func(e builders.Env) builders.Builder { return &toy{env: e} },
			"keep": func(builders.Env) builders.Builder { return &keep{} },
		},
		Provisioners: map[string]func(provisioners.Env) provisioners.Provisioner{
			"talk": func(provisioners.Env) provisioners.Provisioner { return &talk{} },
			"do":   func(provisioners.Env) provisioners.Provisioner { return &do{} },
		},
		PostProcessors: map[string]func(postprocessors.Env) postprocessors.PostProcessor{
			"look": func(postprocessors.Env) postprocessors.PostProcessor { return &look{} },
		},
		DataSources: map[string]func(datasource.Env) datasource.Source{"external": external.New},
	}
}

// toy is a builder whose machine does nothing but what its options say.
type toy struct {
	BootError string `hcl:"boot_error,optional"`
	Wait      string `hcl:"wait,optional"`  // named pipe to write to, then wait to be cancelled
	Stuck     bool   `hcl:"stuck,optional"` // ignore the cancellation
	Size      int    `hcl:"size,optional"`
	Base      string `hcl:"from,optional"`
	Offline   string `hcl:"offline,optional"` // why what it starts from cannot be had

	env builders.Env
}

func (b *toy) Validate() error {
	if b.Size < 0 {
		return option.Bad("size", "It cannot be less than nothing.")
	}
	return nil
}

func (b *toy) From() string { return b.Base }

func (b *toy) Rebase(*artifact.Artifact) {}

func (b *toy) CheckOnline(context.Context) error {
	if b.Offline != "" {
		return errors.New(b.Offline)
	}
	return nil
}

func (b *toy) Boot(ctx context.Context, out *ui.UI) (builders.Machine, error) {
	out.Say("booting, cache %s, force %t, keep %t, accel %t", b.env.CacheDir, b.env.Force, b.env.Keep, b.env.RequireAccel)
	if b.BootError != "" {
		return nil, errors.New(b.BootError)
	}
	if b.Wait != "" {
		if err := os.WriteFile(b.Wait, []byte("x"), 0o600); err != nil {
			return nil, err
		}
		<-ctx.Done()
		if b.Stuck {
			if err := os.WriteFile(b.Wait, []byte("x"), 0o600); err != nil {
				return nil, err
			}
			select {}
		}
		return nil, fmt.Errorf("boot: %w", ctx.Err())
	}
	return b, nil
}

func (b *toy) Guest(context.Context) (guest.Guest, error) { return nil, nil } //nolint:nilnil // no guest

func (b *toy) Seal(context.Context) (*artifact.Artifact, error) {
	return &artifact.Artifact{Builder: "toy", ID: "VM", Title: "a toy of " + b.env.Build, Files: []string{"out/" + b.env.Name}}, nil
}
func (b *toy) Close(context.Context) error { return nil }
func (b *toy) Explain(context.Context) []string {
	return []string{"The guest's console: out/console.log"}
}

// talk is a provisioner that writes text in pieces, and may then fail.
type talk struct {
	Text  string `hcl:"text"`
	Error string `hcl:"error,optional"`
}

func (p *talk) Provision(_ context.Context, _ guest.Guest, out *ui.UI) error {
	w := out.Stdout()
	for _, c := range []byte(p.Text) {
		if _, err := w.Write([]byte{c}); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	if p.Error != "" {
		return errors.New(p.Error)
	}
	return nil
}

// look is a post-processor that only looks, and may then fail.
type look struct {
	Error string `hcl:"error,optional"`
}

func (l *look) Process(_ context.Context, in *artifact.Artifact, out *ui.UI) (*artifact.Artifact, error) {
	out.Say("looking at %s", in.ID)
	if l.Error != "" {
		return nil, errors.New(l.Error)
	}
	return in, nil
}
