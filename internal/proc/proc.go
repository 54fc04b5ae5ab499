// Package proc starts helper programs that die with us, whatever happens.
package proc

import (
	"context"
	"errors"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Process is a running program.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // set before done is closed
	kill sync.Once
}

// lingering is how long output is read on after a program has ended, when what
// it started keeps the output open.
const lingering = 5 * time.Second

// Start starts cmd in a process group of its own. The kernel kills it when this
// program dies, also by kill -9 (Linux, prctl(2) PR_SET_PDEATHSIG): that signal
// follows the parent *thread*, so the thread that forks is held until the end.
// When ctx ends the whole group is killed. The caller must Wait or watch Done.
func Start(ctx context.Context, cmd *exec.Cmd) (*Process, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	if cmd.WaitDelay == 0 {
		cmd.WaitDelay = lingering
	}
	p := &Process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		if p.err = cmd.Wait(); errors.Is(p.err, exec.ErrWaitDelay) {
			p.err = nil // it ended well; only something it started holds its output
		}
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, p.Kill)
	go func() { <-p.done; stop() }()
	return p, nil
}

// Run starts cmd and waits for it; if ctx ended it the error is ctx's cause.
func Run(ctx context.Context, cmd *exec.Cmd) error {
	p, err := Start(ctx, cmd)
	if err != nil {
		return err
	}
	if err := p.Wait(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return err
	}
	return nil
}

// Pid is the process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Done is closed when the program has ended and its output is read.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait waits for the program's end; a non-zero status is an *exec.ExitError.
func (p *Process) Wait() error {
	<-p.done
	return p.err
}

// Kill kills the whole process group.
func (p *Process) Kill() {
	p.kill.Do(func() {
		select {
		case <-p.done:
		default:
			_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // gone already is as good
		}
	})
}
