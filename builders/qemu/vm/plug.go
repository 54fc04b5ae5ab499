package vm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/digitalocean/go-qemu/qmp"
)

// unplugTimeout is how long a guest may take to let go of a device.
const unplugTimeout = 10 * time.Second

// plug plugs in the file at the absolute path as a read-only virtio disk, and
// tells its device in the guest and how to take it away again. A machine that
// cannot do it says so with errors.ErrUnsupported.
func (v *VM) plug(ctx context.Context, path string) (device string, unplug func(context.Context) error, err error) {
	name := fmt.Sprintf("bulk%d", v.plugged.Add(1))
	err = v.monitor.run(ctx, nil, "blockdev-add", map[string]any{
		"driver": "raw", "node-name": name, "read-only": true,
		"file": map[string]any{"driver": "file", "filename": path, "read-only": true},
	})
	if err != nil {
		return "", nil, fmt.Errorf("%w (%w)", err, errors.ErrUnsupported)
	}
	err = v.monitor.run(ctx, nil, "device_add", map[string]any{"driver": "virtio-blk-pci", "id": name + "-disk", "drive": name, "serial": name})
	if err != nil {
		undo := v.monitor.run(ctx, nil, "blockdev-del", map[string]any{"node-name": name})
		return "", nil, errors.Join(fmt.Errorf("%w (%w)", err, errors.ErrUnsupported), undo)
	}
	return "/dev/disk/by-id/virtio-" + name, func(ctx context.Context) error { return v.unplug(ctx, name) }, nil
}

// unplug waits for the guest's consent, without which the file stays in use.
func (v *VM) unplug(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, unplugTimeout)
	defer cancel()
	gone := v.monitor.expect(func(e qmp.Event) bool { return e.Event == "DEVICE_DELETED" && e.Data["device"] == name+"-disk" })
	if err := v.monitor.run(ctx, nil, "device_del", map[string]any{"id": name + "-disk"}); err != nil {
		return fmt.Errorf("unplugging %s: %w", name, err)
	}
	select {
	case _, ok := <-gone:
		if !ok {
			return v.Died()
		}
	case <-ctx.Done():
		v.out.Warn("the guest does not let go of the disk %s; it stays until the guest stops", name)
		return nil
	}
	return v.monitor.run(ctx, nil, "blockdev-del", map[string]any{"node-name": name})
}
