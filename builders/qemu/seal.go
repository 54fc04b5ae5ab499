package qemu

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/builders/qemu/evidence"
	"github.com/ovenbird-io/ovenbird/builders/qemu/image"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/seal"
)

// Seal cleans the guest, powers it off and writes the image.
func (m *machine) Seal(ctx context.Context) (*artifact.Artifact, error) {
	if err := m.clean(ctx); err != nil {
		return nil, err
	}
	if err := m.powerOff(ctx); err != nil {
		return nil, err
	}
	if err := m.writeImages(ctx); err != nil {
		return nil, err
	}
	if err := m.release(); err != nil {
		return nil, err
	}
	if _, err := evidence.SaveConsole(m.private.Join(evidence.Console), m.image.Path); err != nil {
		return nil, fmt.Errorf("saving the console log: %w", err)
	}
	if err := m.publish(); err != nil {
		return nil, err
	}
	return m.b.artifact()
}

// seals says whether the image is cleaned; it is, unless the template says no.
func (b *Builder) seals() bool { return b.SealImage == nil || *b.SealImage }

// clean takes the bake's traces out of the guest.
func (m *machine) clean(ctx context.Context) error {
	if m.client == nil || !m.b.seals() && !m.b.ClearAuthorizedKeys {
		return nil
	}
	o := seal.Options{
		BuildKey: m.login.Key.Authorized, BuildUser: m.login.User,
		Become: m.become(),
	}
	if m.b.Seal != nil {
		o.Keep = m.b.Seal.Keep
	}
	if !m.b.seals() { // only the key goes
		o.Keep = append(o.Keep, seal.AllButKey()...)
	}
	m.out.Say("sealing: taking keys, identity, caches and logs out of the guest")
	ctx, cancel := m.vm.Watch(ctx)
	defer cancel()
	if err := seal.Guest(ctx, m.client, o, m.out); err != nil {
		return fmt.Errorf("%w; it needs root or sudo, and seal = false leaves it out", err)
	}
	return nil
}

// writeImages makes the artifact's disks of those of the machine.
func (m *machine) writeImages(ctx context.Context) error {
	if m.layers != nil {
		m.layers.Wait()
		return m.images().Flatten(ctx, m.layers.Tops)
	}
	return m.images().Finish(ctx, m.disks[0], m.b.UseBackingFile)
}

// images writes the artifact's disks, without what sealing has left of the
// build's key in freed blocks.
func (m *machine) images() *image.Writer {
	w := &image.Writer{Disk: &m.b.Options, Folder: m.image.Path, Name: m.b.VMName, Out: m.out}
	keeps := !m.b.seals() && !m.b.ClearAuthorizedKeys || m.b.Seal != nil && slices.Contains(m.b.Seal.Keep, seal.KeyPart)
	if m.login.Injected && !keeps {
		// The middle part of "ssh-ed25519 BLOB comment" is the key itself.
		w.Secret = []byte(strings.Fields(m.login.Key.Authorized)[1])
	}
	return w
}

// powerOff stops the guest and waits for QEMU's end.
func (m *machine) powerOff(ctx context.Context) error {
	limit := m.patience(m.b.ShutdownTimeout)
	if m.client == nil {
		m.out.Say("waiting up to %s for the guest to stop by itself", limit)
	} else {
		m.out.Say("powering off")
		if err := m.askToStop(ctx); err != nil {
			return err
		}
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	ctx, cancel := m.vm.Watch(ctx)
	defer cancel()
	select {
	case <-m.vm.Done():
		return m.vm.Crashed()
	case <-ctx.Done():
		if m.vm.Died() != nil { // it has stopped, as it should
			return m.vm.Crashed()
		}
		return context.Cause(ctx)
	case <-timer.C:
		return fmt.Errorf("the guest did not stop within %s; raise shutdown_timeout or mend shutdown_command", limit)
	}
}

// askToStop runs shutdown_command, or powers off as the guest's own init
// would, or presses the power button where that cannot be run.
func (m *machine) askToStop(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, m.patience(m.b.ShutdownTimeout))
	defer cancel()
	line := m.b.ShutdownCommand
	if line == "" {
		line = `if [ "$(id -u)" = 0 ]; then s=; else s="sudo -n"; fi; $s systemctl poweroff 2>/dev/null || $s poweroff`
	}
	out, errs := m.out.Stdout(), m.out.Stderr()
	defer errs.Close()
	defer out.Close()
	err := m.client.Run(limited, guest.Command{Line: line, Stdout: out, Stderr: errs})
	var failed *guest.ExitError
	switch {
	case err == nil, errors.Is(err, guest.ErrLost), m.vm.Died() != nil:
		return nil
	case m.b.ShutdownCommand == "" && ctx.Err() == nil: // the login may be gone by now
		return m.vm.PowerButton(ctx)
	case errors.As(err, &failed):
		m.out.Warn("shutdown_command: %s", err.Error())
		return nil
	}
	return fmt.Errorf("powering off: %w", err)
}

// publish moves the finished folder to its place.
func (m *machine) publish() error {
	if err := m.image.Publish(filepath.Clean(m.b.OutputDirectory), m.b.env.Force); err != nil {
		return fmt.Errorf("publishing the image: %w", err)
	}
	m.sealed = true
	evidence.Forget(evidence.Folder(m.b.OutputDirectory))
	return nil
}

// artifact describes what stands in the output folder.
func (b *Builder) artifact() (*artifact.Artifact, error) {
	w := image.Writer{Disk: &b.Options, Folder: b.OutputDirectory, Name: b.VMName}
	return w.Artifact()
}
