package qemu

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/builders/qemu/evidence"
	"github.com/ovenbird-io/ovenbird/builders/qemu/hardware"
	"github.com/ovenbird-io/ovenbird/builders/qemu/login"
	"github.com/ovenbird-io/ovenbird/builders/qemu/vm"
	"github.com/ovenbird-io/ovenbird/internal/scratch"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// undoTimeout bounds the clean-up of a boot that failed.
const undoTimeout = time.Minute

// Boot gets the base, makes the machine's disks and starts QEMU.
func (b *Builder) Boot(ctx context.Context, out *ui.UI) (builders.Machine, error) {
	m := &machine{b: b, out: out}
	return m.orUndo(ctx, m.boot(ctx))
}

// orUndo gives a machine that started, or undoes what was done of one that did not.
func (m *machine) orUndo(ctx context.Context, err error) (builders.Machine, error) {
	if err == nil {
		return m, nil
	}
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
	defer cancel()
	return nil, errors.Join(err, m.undo.Run(clean))
}

func (m *machine) boot(ctx context.Context) error {
	b := m.b
	if err := b.Check(); err != nil {
		return err
	}
	from, err := b.fetchBase(ctx, m.out)
	if err != nil {
		return err
	}
	if err := m.chooseAccelerator(ctx); err != nil {
		return err
	}
	if err := m.folders(); err != nil {
		return err
	}
	if err := m.layer(); err != nil {
		return err
	}
	if err := m.makeDisks(ctx, from); err != nil {
		return err
	}
	if m.login, err = login.New(&b.SSH, b.env.RunID, m.out); err != nil {
		return err
	}
	if err := m.serveFiles(ctx); err != nil {
		return err
	}
	folder := m.private.Path
	if m.layers != nil {
		folder = m.layers.Folder()
	}
	cds, err := b.CDs.Write(folder, m.login.Inject())
	if err != nil {
		return err
	}
	parts := m.parts()
	parts.Seed, parts.CD = cds.Seed, cds.CD
	if err := m.start(ctx, parts); err != nil {
		return err
	}
	m.out.Say("booting %s with %s (%d MiB, %s)", b.VMName, m.accel, b.Memory, b.MachineType)
	return nil
}

// Check refuses to overwrite what an earlier build left.
func (b *Builder) Check() error {
	if b.env.Force {
		return nil
	}
	if _, err := os.Lstat(b.OutputDirectory); err == nil {
		return fmt.Errorf("the output folder %s exists; remove it, or build with -force to replace it", b.OutputDirectory)
	}
	return nil
}

// chooseAccelerator proves that hardware acceleration works before it is used.
func (m *machine) chooseAccelerator(ctx context.Context) error {
	found, err := m.b.prover.Choose(ctx, &m.b.Spec, m.b.env.RequireAccel)
	if err != nil {
		return err
	}
	m.accel = found.Name
	if found.Reason != "" {
		m.out.Warn("no hardware acceleration: %s. Emulating (TCG): expect the guest to be 5 to 20 times slower; timeouts are %d times longer.", found.Reason, emulatedPatience)
	}
	return nil
}

// folders makes the output folder under a temporary name beside its final
// place, so that an artifact is there whole or not at all, and a private folder
// with a short path (sockets may have 107 bytes) for all that only the run needs.
func (m *machine) folders() error {
	parent := filepath.Dir(filepath.Clean(m.b.OutputDirectory))
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return fmt.Errorf("making the output folder's parent: %w", err)
	}
	var err error
	if m.image, err = scratch.New(parent, "."+filepath.Base(m.b.OutputDirectory)+".baking-"); err != nil {
		return err
	}
	m.undo.Push(func(context.Context) error {
		if !m.keep {
			return m.image.Remove()
		}
		m.out.Warn("the machine's disk is kept in %s", m.image.Path)
		return m.image.Release()
	})
	if m.private, err = scratch.New("", "ovenbird-"); err != nil {
		return err
	}
	m.undo.Push(func(context.Context) error { return m.private.Remove() })
	return nil
}

// makeDisks makes the overlay and the additional disks.
func (m *machine) makeDisks(ctx context.Context, base string) error {
	made, err := m.b.Overlay(ctx, m.hold(base), m.diskPath(0))
	if err != nil {
		return err
	}
	m.disks = []hardware.Disk{made}
	for i, size := range m.b.AdditionalDisks {
		if made, err = m.b.Empty(ctx, m.diskPath(i+1), size); err != nil {
			return err
		}
		m.disks = append(m.disks, made)
	}
	if m.layers == nil {
		return nil
	}
	return m.layers.Add(ctx, m.disks...)
}

// diskPath is where disk i grows while the machine is baked.
func (m *machine) diskPath(i int) string {
	if m.layers != nil {
		return m.layers.Path(i)
	}
	return m.images().Path(i)
}

// parts are what only this run knows of the machine.
func (m *machine) parts() hardware.Parts {
	parts := hardware.Parts{Name: m.b.VMName, Accel: m.accel, Guest: m.b.Port, Disks: m.tops()}
	if m.b.NetBridge == "" && !m.b.SkipNATMapping && m.b.Communicator != "none" && m.b.HostPortMin+m.b.HostPortMax == 0 {
		parts.Forward = "127.0.0.1:0"
	}
	return parts
}

// tops are the disks that the machine writes to.
func (m *machine) tops() []hardware.Disk {
	if m.layers != nil {
		return m.layers.Tops
	}
	return m.disks
}

// start runs QEMU.
func (m *machine) start(ctx context.Context, parts hardware.Parts) error {
	logFile, err := os.OpenFile(m.private.Join(evidence.Console), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("making the console log: %w", err)
	}
	m.undo.Push(func(context.Context) error { return logFile.Close() })
	args, err := m.renderArgs(parts)
	if err != nil {
		return err
	}
	m.vm, err = vm.Start(ctx, vm.Options{
		Binary: m.b.QEMUBinary, Args: args, Socket: m.private.Join("qmp.sock"), Resume: parts.Resume,
		Log: logFile, Folder: filepath.Dir(parts.Disks[0].Path), Out: m.out,
	})
	if err != nil {
		return err
	}
	m.undo.Push(m.vm.Stop)
	watched, cancel := m.vm.Watch(ctx)
	defer cancel()
	return m.findPort(watched)
}
