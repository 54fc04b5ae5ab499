package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// judges are the two programs.
type judges struct {
	dir              string // where each case is unpacked
	packer, ovenbird string
	patience         time.Duration
}

// verdict is what one program finds.
type verdict struct {
	valid bool
	says  string // all its output
}

// limit is a process's address space in KiB: some cases would take all memory
// of a program that lets them.
const limit = "6000000"

// ask unpacks the case afresh and has it validated.
func (j judges) ask(ctx context.Context, program string, c testcase) (v verdict, err error) {
	dir, err := os.MkdirTemp(j.dir, "case-")
	if err != nil {
		return v, fmt.Errorf("making a folder: %w", err)
	}
	for _, f := range c.files {
		name := filepath.Join(dir, "t", f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return v, fmt.Errorf("unpacking a case: %w", err)
		}
		if err := os.WriteFile(name, f.Data, 0o600); err != nil {
			return v, fmt.Errorf("unpacking a case: %w", err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, j.patience)
	defer cancel()
	args := append([]string{"-c", "ulimit -v " + limit + `; exec "$@"`, "sh", program, "validate"}, c.args...)
	cmd := exec.CommandContext(ctx, "sh", append(args, ".")...)
	cmd.Dir = filepath.Join(dir, "t")
	cmd.Env = append(os.Environ(), "HOME="+dir, "CHECKPOINT_DISABLE=1", "PACKER_CACHE_DIR="+filepath.Join(dir, "cache"), "PACKER_NO_COLOR=1")
	cmd.Env = append(cmd.Env, c.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // packer runs its components as processes of their own
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	v = verdict{valid: err == nil, says: string(out)}
	if ctx.Err() != nil {
		v.says = fmt.Sprintf("no answer within %s\n%s", j.patience, out)
	} else if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return v, fmt.Errorf("running %s: %w", program, err)
	}
	return v, nil
}

func (v verdict) String() string {
	if v.valid {
		return "valid"
	}
	return "invalid"
}

// words are what was said, without line ends where they fall by the width.
func (v verdict) words() string { return strings.Join(strings.Fields(v.says), " ") }
