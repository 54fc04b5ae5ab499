package qemu

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/digitalocean/go-qemu/qmp"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/sshguest"
)

// visitor is the guest of a QEMU machine: besides its connection, files can be
// shown to it as hot-plugged disks.
type visitor struct {
	*sshguest.Client
	m     *machine
	count atomic.Int64
}

// Run runs a command, and ends it when QEMU ends or the guest's kernel panics.
func (v *visitor) Run(ctx context.Context, c guest.Command) error {
	return v.whileAlive(ctx, func(ctx context.Context) error { return v.Client.Run(ctx, c) })
}

// Upload writes a file, as Run runs a command.
func (v *visitor) Upload(ctx context.Context, name string, mode fs.FileMode, r io.Reader) error {
	return v.whileAlive(ctx, func(ctx context.Context) error { return v.Client.Upload(ctx, name, mode, r) })
}

// Download copies a file, as Run runs a command.
func (v *visitor) Download(ctx context.Context, name string, w io.Writer) error {
	return v.whileAlive(ctx, func(ctx context.Context) error { return v.Client.Download(ctx, name, w) })
}

// whileAlive does something with the guest. What a dying machine caused on the
// way, such as a lost connection, matters less than its death.
func (v *visitor) whileAlive(ctx context.Context, do func(context.Context) error) error {
	watched, cancel := v.m.watch(ctx)
	defer cancel()
	err := do(watched)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if failed := (*guest.ExitError)(nil); errors.As(err, &failed) {
		return err
	}
	if watched.Err() != nil {
		return context.Cause(watched)
	}
	return v.m.orDeath(err)
}

// unplugTimeout is how long a guest may take to let go of a device.
const unplugTimeout = 10 * time.Second

// Attach plugs in the file as a read-only virtio disk. It needs a virtio guest
// and a machine type whose bus takes devices at run time, as "pc" does.
func (v *visitor) Attach(ctx context.Context, local string) (device string, detach func(context.Context) error, err error) {
	if v.m.b.DiskInterface != "virtio" || v.m.b.MachineType != "pc" {
		return "", nil, fmt.Errorf("a %s machine takes no disks at run time: %w", v.m.b.MachineType, errors.ErrUnsupported)
	}
	path, err := filepath.Abs(local)
	if err != nil {
		return "", nil, err
	}
	name := fmt.Sprintf("bulk%d", v.count.Add(1))
	mon := v.m.monitor
	err = mon.run(ctx, nil, "blockdev-add", map[string]any{
		"driver": "raw", "node-name": name, "read-only": true,
		"file": map[string]any{"driver": "file", "filename": path, "read-only": true},
	})
	if err != nil {
		return "", nil, fmt.Errorf("%w (%w)", err, errors.ErrUnsupported)
	}
	err = mon.run(ctx, nil, "device_add", map[string]any{"driver": "virtio-blk-pci", "id": name + "-disk", "drive": name, "serial": name})
	if err != nil {
		undo := mon.run(ctx, nil, "blockdev-del", map[string]any{"node-name": name})
		return "", nil, errors.Join(fmt.Errorf("%w (%w)", err, errors.ErrUnsupported), undo)
	}
	return "/dev/disk/by-id/virtio-" + name, func(ctx context.Context) error { return v.detach(ctx, name) }, nil
}

// detach waits for the guest's consent, without which the file stays in use.
func (v *visitor) detach(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, unplugTimeout)
	defer cancel()
	mon := v.m.monitor
	gone := mon.expect(func(e qmp.Event) bool { return e.Event == "DEVICE_DELETED" && e.Data["device"] == name+"-disk" })
	if err := mon.run(ctx, nil, "device_del", map[string]any{"id": name + "-disk"}); err != nil {
		return fmt.Errorf("unplugging %s: %w", name, err)
	}
	select {
	case _, ok := <-gone:
		if !ok {
			return v.m.died()
		}
	case <-ctx.Done():
		v.m.out.Warn("the guest does not let go of the disk %s; it stays until the guest stops", name)
		return nil
	}
	return mon.run(ctx, nil, "blockdev-del", map[string]any{"node-name": name})
}
