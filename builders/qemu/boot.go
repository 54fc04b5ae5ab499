package qemu

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/accel"
	"github.com/ovenbird-io/ovenbird/internal/proc"
	"github.com/ovenbird-io/ovenbird/internal/scratch"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// undoTimeout bounds the clean-up of a boot that failed.
const undoTimeout = time.Minute

// Boot gets the base, makes the machine's disks and starts QEMU.
func (b *Builder) Boot(ctx context.Context, out *ui.UI) (builders.Machine, error) {
	m := &machine{b: b, out: out, full: make(chan struct{})}
	if err := m.boot(ctx); err != nil {
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
		defer cancel()
		return nil, errors.Join(err, m.undo.Run(clean))
	}
	return m, nil
}

func (m *machine) boot(ctx context.Context) error {
	b := m.b
	if err := b.Check(); err != nil {
		return err
	}
	base, err := b.fetchBase(ctx, m.out)
	if err != nil {
		return err
	}
	if err := m.chooseAccelerator(ctx); err != nil {
		return err
	}
	if err := m.folders(); err != nil {
		return err
	}
	disks, err := m.makeDisks(ctx, base)
	if err != nil {
		return err
	}
	if m.login, err = b.newLogin(m.out); err != nil {
		return err
	}
	if err := m.serveFiles(ctx); err != nil {
		return err
	}
	if disks.seed, disks.cd, err = m.writeMedia(); err != nil {
		return err
	}
	return m.start(ctx, disks)
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
	b := m.b
	if b.Accelerator != "" && b.Accelerator != "kvm" {
		if b.env.RequireAccel && (b.Accelerator == "tcg" || b.Accelerator == "none") {
			return fmt.Errorf("accelerator = %q emulates, and -require-accel forbids that", b.Accelerator)
		}
		m.accel = b.Accelerator
		return nil
	}
	found := accel.Probe(ctx, b.QEMUBinary)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	m.accel = found.Name
	if found.Name == "kvm" {
		return nil
	}
	if b.Accelerator == "kvm" {
		return fmt.Errorf("accelerator = \"kvm\" cannot be used: %s; mend that, or remove the option to emulate where there is no KVM", found.Reason)
	}
	if b.env.RequireAccel {
		return fmt.Errorf("there is no hardware acceleration, and -require-accel forbids to emulate: %s", found.Reason)
	}
	m.out.Warn("no hardware acceleration: %s. Emulating (TCG): expect the guest to be 5 to 20 times slower; timeouts are %d times longer.", found.Reason, emulatedPatience)
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

func (m *machine) makeDisks(ctx context.Context, base string) (machineArgs, error) {
	args := machineArgs{accel: m.accel, guest: m.b.Port}
	if m.b.NetBridge == "" && !m.b.SkipNATMapping && m.b.Communicator != "none" && m.b.HostPortMin+m.b.HostPortMax == 0 {
		args.forward = "127.0.0.1:0"
	}
	base = m.hold(base)
	main := m.image.Join(m.b.VMName)
	if err := m.b.overlay(ctx, base, main); err != nil {
		return args, err
	}
	args.disks, args.formats = []string{main}, []string{"qcow2"}
	for i, size := range m.b.AdditionalDisks {
		path := fmt.Sprintf("%s-%d", main, i+1)
		if err := m.b.emptyDisk(ctx, path, size); err != nil {
			return args, err
		}
		args.disks, args.formats = append(args.disks, path), append(args.formats, m.b.Format)
	}
	return args, nil
}

// hold keeps a download from being replaced by another run that finds a newer
// one: the build gets a link of its own. Elsewhere the base is the user's, and
// an artifact that needs its base must name it where it stays.
func (m *machine) hold(base string) string {
	within, err := filepath.Rel(m.b.env.CacheDir, base)
	if err != nil || !filepath.IsLocal(within) || m.b.UseBackingFile {
		return base
	}
	own := m.image.Join(heldBase)
	if os.Link(base, own) != nil { // another file system
		return base
	}
	return own
}

// heldBase is the build's own link to a downloaded base.
const heldBase = ".base"

// start runs QEMU. Its monitor's socket is made by us and handed over open, so
// that there is never a moment to wait for it.
func (m *machine) start(ctx context.Context, args machineArgs) error {
	logFile, err := os.OpenFile(m.private.Join(consoleLog), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("making the console log: %w", err)
	}
	m.undo.Push(func(context.Context) error { return logFile.Close() })
	m.console = newConsole(logFile)
	socket := m.private.Join("qmp.sock")
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", socket)
	if err != nil {
		return fmt.Errorf("making the monitor's socket: %w", err)
	}
	listener.(*net.UnixListener).SetUnlinkOnClose(false)
	handed, err := listener.(*net.UnixListener).File()
	_ = listener.Close() // the copy that QEMU gets stays open
	if err != nil {
		return fmt.Errorf("making the monitor's socket: %w", err)
	}
	defer handed.Close()
	argv, err := m.renderArgs(args)
	if err != nil {
		return err
	}
	cmd := exec.Command(m.b.QEMUBinary, argv...) //nolint:noctx // Close ends it, in order
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = m.console, &m.stderr, []*os.File{handed}
	if m.qemu, err = proc.Start(context.WithoutCancel(ctx), cmd); err != nil {
		return fmt.Errorf("starting %s: %w", m.b.QEMUBinary, err)
	}
	m.undo.Push(m.stopQEMU)
	_ = handed.Close() // or a dead QEMU would leave the socket open
	watched, cancel := m.watch(ctx)
	defer cancel()
	if m.monitor, err = dialMonitor(watched, socket); err != nil {
		return m.orDeath(fmt.Errorf("talking to QEMU's monitor: %w", err))
	}
	m.undo.Push(func(context.Context) error { m.monitor.close(); return nil })
	m.watchDisk()
	m.out.Say("booting %s with %s (%d MiB, %s)", filepath.Base(args.disks[0]), m.accel, m.b.Memory, m.b.MachineType)
	return m.findPort(watched)
}
