package vm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/sshguest"
)

// visitor is the guest of a QEMU machine: besides its connection, files can be
// shown to it as hot-plugged disks.
type visitor struct {
	*sshguest.Client
	vm    *VM
	plugs bool
}

// Visit gives the guest that c talks to. What is done with it ends when QEMU
// does, or when the guest's kernel panics. Plugs says that the machine takes
// disks at run time.
func (v *VM) Visit(c *sshguest.Client, plugs bool) guest.Guest {
	return &visitor{Client: c, vm: v, plugs: plugs}
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
	watched, cancel := v.vm.Watch(ctx)
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
	return v.vm.orDeath(err)
}

// Attach plugs in the file as a read-only virtio disk.
func (v *visitor) Attach(ctx context.Context, local string) (device string, detach func(context.Context) error, err error) {
	if !v.plugs {
		return "", nil, fmt.Errorf("the machine takes no disks at run time: %w", errors.ErrUnsupported)
	}
	path, err := filepath.Abs(local)
	if err != nil {
		return "", nil, err
	}
	return v.vm.plug(ctx, path)
}
