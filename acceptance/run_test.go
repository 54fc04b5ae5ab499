//go:build vm

package acceptance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"sync"
)

// run is one run of ovenbird.
type run struct {
	binary, dir string
	env, args   []string
	until       *regexp.Regexp                                 // when a line of output matches, once ...
	react       func(ctx context.Context, cmd *exec.Cmd) error // ... do this; ctx ends with the command
	stdout      watcher                                        // what it said, after do
	stderr      watcher
}

// do runs it to its end and returns the exit status; -1 is a signal.
func (r *run) do(ctx context.Context) (int, error) {
	cmd := exec.CommandContext(ctx, r.binary, r.args...)
	cmd.Dir, cmd.Env = r.dir, r.env
	cmd.Stdout, cmd.Stderr = &r.stdout, &r.stderr
	seen := make(chan struct{})
	if r.until != nil {
		notice := sync.OnceFunc(func() { close(seen) })
		r.stdout.until, r.stdout.notice = r.until, notice
		r.stderr.until, r.stderr.notice = r.until, notice
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	running, stop := context.WithCancel(ctx)
	go func() {
		err := cmd.Wait()
		stop()
		ended <- err
	}()
	var reaction error
	select {
	case err := <-ended:
		ended <- err
		if r.until != nil {
			reaction = fmt.Errorf("it ended before it said %q", r.until)
		}
	case <-seen:
		reaction = r.react(running, cmd)
	}
	err := <-ended
	if ctx.Err() != nil {
		return 0, errors.Join(context.Cause(ctx), reaction)
	}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode(), reaction
	}
	return 0, errors.Join(err, reaction)
}

// expect runs it and demands an exit status.
func (r *run) expect(ctx context.Context, want int) error {
	status, err := r.do(ctx)
	if err == nil && status != want {
		err = fmt.Errorf("exit status %d, want %d", status, want)
	}
	if err != nil {
		return fmt.Errorf("ovenbird %q: %w\n%s\n%s", r.args, err, r.stdout.String(), r.stderr.String())
	}
	return nil
}

// watcher keeps output and notices a line.
type watcher struct {
	mu     sync.Mutex
	text   bytes.Buffer
	until  *regexp.Regexp
	notice func()
}

func (w *watcher) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(b)
	if w.until != nil && w.until.Match(w.text.Bytes()) {
		w.notice()
	}
	return len(b), nil
}

func (w *watcher) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}
