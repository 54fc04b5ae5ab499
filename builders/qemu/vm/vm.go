// Package vm is a running QEMU: its process, its monitor, its guest's console,
// and the devices that come and go.
package vm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/digitalocean/go-qemu/qmp"

	"github.com/ovenbird-io/ovenbird/internal/lines"
	"github.com/ovenbird-io/ovenbird/internal/proc"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Options say what to start.
type Options struct {
	Binary string
	Args   []string  // the monitor's listening socket is descriptor 3, the console standard output
	Socket string    // where the monitor's socket is made
	Log    io.Writer // gets all that the guest writes to its console
	Folder string    // of the guest's disks, for messages
	Resume bool      // the machine is to Load its memory, from descriptor IncomingFD
	Out    *ui.UI
}

// VM is a running QEMU. The caller must Stop it.
type VM struct {
	folder  string
	private string // folder of the monitor's socket
	out     *ui.UI
	qemu    *proc.Process
	monitor *monitor
	console *console
	stderr  lines.Tail
	plugged atomic.Int64  // devices so far
	full    chan struct{} // closed when the host's disk is full

	incoming *os.File // our end of IncomingFD, nil when nothing is to be loaded
}

// Start runs QEMU. Its monitor's socket is made by us and handed over open, so
// that there is never a moment to wait for it. When ctx ends after Start, QEMU
// runs on; a Start that fails leaves none.
func Start(ctx context.Context, o Options) (*VM, error) {
	v := &VM{folder: o.Folder, private: filepath.Dir(o.Socket), out: o.Out, console: newConsole(o.Log), full: make(chan struct{})}
	handed, err := listen(ctx, o.Socket)
	if err != nil {
		return nil, fmt.Errorf("making the monitor's socket: %w", err)
	}
	defer handed.Close()
	cmd := exec.Command(o.Binary, o.Args...) //nolint:noctx // Stop ends it, in order
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = v.console, &v.stderr, []*os.File{handed}
	if o.Resume {
		read, write, err := os.Pipe()
		if err != nil {
			return nil, fmt.Errorf("making a pipe for the machine's memory: %w", err)
		}
		defer read.Close()
		v.incoming, cmd.ExtraFiles = write, append(cmd.ExtraFiles, read)
	}
	if v.qemu, err = proc.Start(context.WithoutCancel(ctx), cmd); err != nil {
		v.closeIncoming()
		return nil, fmt.Errorf("starting %s: %w", o.Binary, err)
	}
	_ = handed.Close() // or a dead QEMU would leave the socket open
	watched, cancel := v.Watch(ctx)
	defer cancel()
	if v.monitor, err = dialMonitor(watched, o.Socket); err != nil {
		err = v.orDeath(fmt.Errorf("talking to QEMU's monitor: %w", err))
		v.qemu.Kill()
		<-v.qemu.Done()
		v.closeIncoming()
		return nil, err
	}
	v.watchDisk()
	return v, nil
}

// listen makes a listening socket at path, for a child.
func listen(ctx context.Context, path string) (*os.File, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	defer listener.Close() // the copy that QEMU gets stays open
	listener.(*net.UnixListener).SetUnlinkOnClose(false)
	return listener.(*net.UnixListener).File()
}

// watchDisk notices that QEMU has stopped the guest because there is no room
// for what it writes.
func (v *VM) watchDisk() {
	failed := v.monitor.expect(func(e qmp.Event) bool { return e.Event == "BLOCK_IO_ERROR" && e.Data["nospace"] == true })
	go func() {
		if _, ok := <-failed; ok {
			close(v.full)
		}
	}()
}

// Watch gives a context that also ends when waiting has become pointless:
// QEMU has ended, the guest's kernel has panicked, or the host's disk is full.
func (v *VM) Watch(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-v.qemu.Done():
			cancel(v.Died())
		case <-v.console.panic:
			cancel(errors.New(signs[0].meaning))
		case <-v.full:
			cancel(fmt.Errorf("the host's disk is full: the guest's disk in %s cannot grow; free some space there", v.folder))
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// Done is closed when QEMU has ended.
func (v *VM) Done() <-chan struct{} { return v.qemu.Done() }

// Died is the error of a QEMU that has ended, nil while it runs.
func (v *VM) Died() error {
	select {
	case <-v.qemu.Done():
	default:
		return nil
	}
	end := "it exited with status 0"
	if err := v.qemu.Wait(); err != nil {
		end = err.Error()
	}
	if text := strings.TrimSpace(v.stderr.String()); text != "" {
		return fmt.Errorf("QEMU ended unexpectedly (%s): %s", end, text)
	}
	return fmt.Errorf("QEMU ended unexpectedly (%s)", end)
}

// orDeath prefers the death of QEMU, which explains much, to what it caused.
func (v *VM) orDeath(err error) error {
	select {
	case <-v.qemu.Done():
		return v.Died()
	case <-time.After(100 * time.Millisecond): // a socket closes a moment before its process ends
		return err
	}
}

// Crashed waits for QEMU's end, and is the error of one that did not end well.
func (v *VM) Crashed() error {
	if v.qemu.Wait() != nil {
		return v.Died()
	}
	return nil
}

// Console gives the last n lines that the guest wrote to its console, the
// unfinished one included, and what they mean, if that is known.
func (v *VM) Console(n int) (tail []string, meaning string) { return v.console.last(n) }

// Screenshot writes what the guest shows to the absolute path, as PNG.
func (v *VM) Screenshot(ctx context.Context, path string) error {
	if dead := v.Died(); dead != nil {
		return dead
	}
	return v.monitor.run(ctx, nil, "screendump", map[string]any{"filename": path, "format": "png"})
}

// PowerButton presses the machine's power button.
func (v *VM) PowerButton(ctx context.Context) error {
	return v.monitor.run(ctx, nil, "system_powerdown", nil)
}

func (v *VM) closeIncoming() {
	if v.incoming != nil {
		_ = v.incoming.Close() // most often it is closed already
	}
}

// Stop ends QEMU and waits for its end.
func (v *VM) Stop(ctx context.Context) error {
	v.closeIncoming()
	v.monitor.close()
	v.qemu.Kill()
	select {
	case <-v.qemu.Done():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stopping QEMU (pid %d): %w", v.qemu.Pid(), context.Cause(ctx))
	}
}
