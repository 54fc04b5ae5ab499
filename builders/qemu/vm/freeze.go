package vm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/digitalocean/go-qemu/qmp"
)

// IncomingFD is the descriptor on which a QEMU started with -incoming defer
// finds the memory of the machine that it is to become.
const IncomingFD = 4

// againLimit is how long QEMU may take to let a guest go on that was stopped.
const againLimit = 5 * time.Second

// unlimited lifts QEMU's limit on how fast a state is written, in bytes a second.
const unlimited = 1 << 40

// Overlay is a new top layer for one of the machine's disks.
type Overlay struct {
	Node string         // the layer that is on top now
	Top  string         // the name of the new layer
	Open map[string]any // how blockdev-add opens it
}

// Keep writes what QEMU says a machine's memory is, in its own way.
type Keep func(w io.Writer, memory io.Reader) error

// Freeze stops the guest, puts overlays on its disks, so that what is below
// them stays as it is, has its memory kept in the file at path, and lets the
// guest go on, also when it fails. Stacked says that the guest writes to the
// overlays from now on.
func (v *VM) Freeze(ctx context.Context, path string, keep Keep, overlays []Overlay) (stacked bool, err error) {
	defer func() { // whatever became of "stop"
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), againLimit)
		defer cancel()
		if again := v.monitor.run(limited, nil, "cont", nil); again != nil && v.Died() == nil {
			err = errors.Join(err, again)
		}
	}()
	if err := v.monitor.run(ctx, nil, "stop", nil); err != nil {
		return false, v.orDeath(err)
	}
	if err := v.stack(ctx, overlays); err != nil {
		return false, err
	}
	return true, v.saveRAM(ctx, path, keep)
}

// stack puts the overlays on the disks, all or none.
func (v *VM) stack(ctx context.Context, overlays []Overlay) error {
	var actions []map[string]any
	var added []string
	undo := func(err error) error {
		for _, name := range added {
			err = errors.Join(err, v.monitor.run(ctx, nil, "blockdev-del", map[string]any{"node-name": name}))
		}
		return err
	}
	for _, o := range overlays {
		if err := v.monitor.run(ctx, nil, "blockdev-add", o.Open); err != nil {
			return undo(err)
		}
		added = append(added, o.Top)
		actions = append(actions, map[string]any{
			"type": "blockdev-snapshot", "data": map[string]any{"node": o.Node, "overlay": o.Top},
		})
	}
	if err := v.monitor.run(ctx, nil, "transaction", map[string]any{"actions": actions}); err != nil {
		return undo(err)
	}
	return nil
}

// saveRAM writes the memory and the devices of the stopped machine to a new
// file. QEMU sends them through a socket that only we can reach.
func (v *VM) saveRAM(ctx context.Context, path string, keep Keep) (err error) {
	socket := filepath.Join(v.private, "ram.sock")
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", socket)
	if err != nil {
		return fmt.Errorf("making a socket for the machine's memory: %w", err)
	}
	defer listener.Close()
	ended, err := v.migrating(ctx)
	if err != nil {
		return err
	}
	if err := v.monitor.run(ctx, nil, "migrate", map[string]any{"uri": "unix:" + socket}); err != nil {
		return v.orDeath(err)
	}
	alive, cancel := v.Watch(ctx)
	defer cancel()
	watched, fail := context.WithCancelCause(alive)
	saved := make(chan error, 1)
	go func() { saved <- receive(watched, listener, path, keep, fail) }()
	err = v.migrated(watched, ended)
	if err != nil {
		fail(err) // ends the receiving
	}
	if err = cmp.Or(err, <-saved); err != nil {
		_ = os.Remove(path) // it takes room that the guest may need
	}
	return err
}

// receive writes what comes from the socket to a file, until its end or that of
// ctx. If it cannot, it fails before QEMU notices.
func receive(ctx context.Context, from net.Listener, path string, keep Keep, fail context.CancelCauseFunc) error {
	defer context.AfterFunc(ctx, func() { _ = from.Close() })()
	conn, err := from.Accept()
	if err != nil {
		return fmt.Errorf("receiving the machine's memory: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err == nil {
		err = errors.Join(keep(file, conn), file.Close())
	}
	if err != nil {
		err = fmt.Errorf("writing the machine's memory: %w", err)
		fail(err)
	}
	return err
}

// migrating readies QEMU to move a machine's state, and gives the event that
// tells how that ended.
func (v *VM) migrating(ctx context.Context) (<-chan qmp.Event, error) {
	err := v.monitor.run(ctx, nil, "migrate-set-capabilities", map[string]any{
		"capabilities": []map[string]any{{"capability": "events", "state": true}},
	})
	if err != nil {
		return nil, v.orDeath(err)
	}
	err = v.monitor.run(ctx, nil, "migrate-set-parameters", map[string]any{"max-bandwidth": unlimited})
	if err != nil {
		return nil, v.orDeath(err)
	}
	return v.monitor.expect(func(e qmp.Event) bool {
		return e.Event == "MIGRATION" && (e.Data["status"] == "completed" || e.Data["status"] == "failed")
	}), nil
}

// migrated waits for that event.
func (v *VM) migrated(ctx context.Context, ended <-chan qmp.Event) error {
	select {
	case e, ok := <-ended:
		if !ok {
			return v.orDeath(errors.New("QEMU ended"))
		}
		if e.Data["status"] == "completed" {
			return nil
		}
		if ctx.Err() != nil { // which is why
			return context.Cause(ctx)
		}
		var info struct {
			Reason string `json:"error-desc"`
		}
		if err := v.monitor.run(ctx, &info, "query-migrate", nil); err != nil || info.Reason == "" {
			return errors.New("QEMU could not move the machine's state")
		}
		return fmt.Errorf("QEMU could not move the machine's state: %s", info.Reason)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Load makes a machine that was started with -S and -incoming defer the one
// whose memory is written by memory, and leaves it standing; Continue lets it
// go on.
func (v *VM) Load(ctx context.Context, memory func(io.Writer) error) error {
	ended, err := v.migrating(ctx)
	if err != nil {
		return err
	}
	watched, cancel := v.Watch(ctx)
	defer cancel()
	fed := make(chan error, 1)
	go func() {
		err := memory(v.incoming)
		fed <- errors.Join(err, v.incoming.Close())
	}()
	err = v.monitor.run(watched, nil, "migrate-incoming", map[string]any{"uri": fmt.Sprintf("fd:%d", IncomingFD)})
	if err == nil {
		err = v.migrated(watched, ended)
	}
	if err != nil {
		_ = v.incoming.Close() // ends the feeding, whose error this one explains
		<-fed
		return v.orDeath(err)
	}
	return <-fed
}

// Continue lets a machine that stands go on.
func (v *VM) Continue(ctx context.Context) error {
	if err := v.monitor.run(ctx, nil, "cont", nil); err != nil {
		return v.orDeath(err)
	}
	return nil
}
