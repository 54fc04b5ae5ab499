//go:build vm

package acceptance

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ovenbird-io/ovenbird/acceptance/machine"
	"github.com/rogpeppe/go-internal/testscript"
)

// bake STATUS ARG...: runs ovenbird, demands the exit status, and leaves what it
// said in the files out.txt and err.txt.
func bake(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: bake STATUS ARG...")
	}
	scripted(ts, args[0], args[1:], nil, nil)
}

// bake-until REGEXP ACTION STATUS ARG...: like bake, and acts when the output
// matches. Actions: INT (Ctrl-C), KILL (kill -9), kill-qemu, clock (notes the time
// in clock.txt, in seconds since 1970).
func bakeUntil(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: bake-until REGEXP ACTION STATUS ARG...")
	}
	until, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	mark := "TMPDIR=" + ts.Getenv("TMPDIR")
	actions := map[string]func(context.Context, *exec.Cmd) error{
		"INT":       func(_ context.Context, c *exec.Cmd) error { return c.Process.Signal(os.Interrupt) },
		"KILL":      func(_ context.Context, c *exec.Cmd) error { return c.Process.Kill() },
		"kill-qemu": func(context.Context, *exec.Cmd) error { return killQEMU(mark) },
		"clock": func(context.Context, *exec.Cmd) error {
			return os.WriteFile(ts.MkAbs("clock.txt"), fmt.Appendln(nil, time.Now().Unix()), 0o644)
		},
	}
	react := actions[args[1]]
	if react == nil {
		ts.Fatalf("unknown action %q", args[1])
	}
	scripted(ts, args[2], args[3:], until, react)
}

// example DIR: links the baked example to DIR.
func example(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: example DIR")
	}
	made, err := ts.Value(labKey{}).(*lab).exampleDir()
	ts.Check(err)
	ts.Check(os.Symlink(made, ts.MkAbs(args[0])))
}

func scripted(ts *testscript.TestScript, status string, args []string, until *regexp.Regexp, react func(context.Context, *exec.Cmd) error) {
	want, err := strconv.Atoi(status)
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), bakeTimeout)
	defer cancel()
	var env []string
	for _, name := range []string{"TMPDIR", "HOME", "PATH", "XDG_CACHE_HOME"} {
		env = append(env, name+"="+ts.Getenv(name))
	}
	r := run{binary: ts.Value(labKey{}).(*lab).binary, dir: ts.MkAbs("."), env: env, args: args, until: until, react: react}
	failed := r.expect(ctx, want)
	ts.Check(os.WriteFile(ts.MkAbs("out.txt"), []byte(r.stdout.String()), 0o644))
	ts.Check(os.WriteFile(ts.MkAbs("err.txt"), []byte(r.stderr.String()), 0o644))
	ts.Check(failed)
}

// leftovers PATH...: fails if a process of this script still runs, if a temporary
// file is left, or if one of the paths exists.
func leftovers(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: leftovers PATH...")
	}
	for i := range args {
		args[i] = ts.MkAbs(args[i])
	}
	ts.Check(clean(ts.Getenv("TMPDIR"), args))
}

// tmpfs DIR SIZE: mounts a small file system of memory until the script ends.
// It needs root.
func tmpfs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tmpfs DIR SIZE")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	ts.Check(syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+args[1]))
	ts.Defer(func() { ts.Check(syscall.Unmount(dir, syscall.MNT_DETACH)) })
}

// user NAME: makes an account, which is removed when the script ends.
func user(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: user NAME")
	}
	ts.Check(ts.Exec("useradd", "--create-home", args[0]))
	ts.Defer(func() { ts.Check(ts.Exec("userdel", "--remove", args[0])) })
}

// boot DISK USERDATA PATH REGEXP [PATH REGEXP]...: boots an artifact with
// cloud-init user-data ("-" for none) and waits until each path answers
// accordingly. The console is left in console.txt.
func boot(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 || len(args)%2 != 0 {
		ts.Fatalf("usage: boot DISK USERDATA PATH REGEXP...")
	}
	ctx, cancel := context.WithTimeout(context.Background(), bakeTimeout)
	defer cancel()
	dir := filepath.Join(ts.Getenv("WORK"), "boot") // not in TMPDIR, which leftovers looks at
	ts.Check(os.MkdirAll(dir, 0o700))
	o := machine.Options{Disk: ts.MkAbs(args[0]), Dir: dir, Port: 80}
	if args[1] != "-" {
		o.UserData = ts.ReadFile(args[1])
	}
	m, err := machine.Start(ctx, o)
	ts.Check(err)
	defer func() { ts.Check(m.Stop()) }()
	for i := 2; i < len(args); i += 2 {
		want, err := regexp.Compile(args[i+1])
		ts.Check(err)
		body, err := m.Get(ctx, args[i], func(status int, body string) bool { return status == 200 && want.MatchString(body) })
		ts.Check(err)
		ts.Logf("GET %s: %s", args[i], strings.TrimSpace(body))
	}
	ts.Check(os.WriteFile(ts.MkAbs("console.txt"), []byte(m.Console()), 0o644))
}

// killQEMU kills the QEMU that has mark in its environment.
func killQEMU(mark string) error {
	for pid, name := range processes(mark) {
		if strings.HasPrefix(name, "qemu-system") {
			return syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	return fmt.Errorf("no QEMU runs with %s", mark)
}
