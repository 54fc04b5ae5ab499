package qemu

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/guest"
)

// builderID names the artifacts of this builder; scripts that read manifests
// know it from Packer's.
const builderID = "transcend.qemu"

// Seal cleans the guest, powers it off and writes the image.
func (m *machine) Seal(ctx context.Context) (*artifact.Artifact, error) {
	if err := m.clean(ctx); err != nil {
		return nil, err
	}
	if err := m.powerOff(ctx); err != nil {
		return nil, err
	}
	disk := m.image.Join(m.b.VMName)
	if err := m.scrub(ctx, disk); err != nil {
		return nil, err
	}
	if !m.b.UseBackingFile {
		flat := m.image.Join(".flat")
		if err := m.b.flatten(ctx, disk, flat, m.out); err != nil {
			return nil, err
		}
		if err := os.Rename(flat, disk); err != nil {
			return nil, fmt.Errorf("finishing the image: %w", err)
		}
	}
	if _, err := m.saveConsole(m.image.Path); err != nil {
		return nil, fmt.Errorf("saving the console log: %w", err)
	}
	if err := m.publish(); err != nil {
		return nil, err
	}
	return m.b.artifact()
}

// clean takes the bake's traces out of the guest.
func (m *machine) clean(ctx context.Context) error {
	if m.client == nil || m.b.SealImage != nil && !*m.b.SealImage {
		return nil
	}
	o := guest.SealOptions{BuildKey: m.login.key.Authorized, BuildUser: m.login.user}
	if m.b.Seal != nil {
		o.Keep = m.b.Seal.Keep
	}
	ctx, cancel := m.watch(ctx)
	defer cancel()
	return guest.Seal(ctx, m.client, o, m.out)
}

// scrub overwrites what is left of the build's key in freed blocks of the
// overlay, which holds all that the bake has written.
func (m *machine) scrub(ctx context.Context, disk string) error {
	if !m.login.injected || m.b.SealImage != nil && !*m.b.SealImage || m.b.Seal != nil && slices.Contains(m.b.Seal.Keep, "ssh_keys") {
		return nil
	}
	// The middle part of "ssh-ed25519 BLOB comment" is the key itself.
	_, err := guest.Scrub(ctx, disk, []byte(strings.Fields(m.login.key.Authorized)[1]))
	return err
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
	ctx, cancel := m.watch(ctx)
	defer cancel()
	select {
	case <-m.qemu.Done():
		return m.qemu.Wait()
	case <-ctx.Done():
		if m.died() != nil { // it has stopped, as it should
			return m.qemu.Wait()
		}
		return context.Cause(ctx)
	case <-timer.C:
		return fmt.Errorf("the guest did not stop within %s; raise shutdown_timeout or mend shutdown_command", limit)
	}
}

// askToStop runs shutdown_command, or powers off as the guest's own init
// would, or presses the power button where that cannot be run.
func (m *machine) askToStop(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, m.patience(time.Minute))
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
	case err == nil, errors.Is(err, guest.ErrLost), m.died() != nil:
		return nil
	case errors.As(err, &failed) && m.b.ShutdownCommand == "":
		return m.monitor.run(ctx, nil, "system_powerdown", nil)
	case errors.As(err, &failed):
		m.out.Warn("shutdown_command: %s", err.Error())
		return nil
	}
	return fmt.Errorf("powering off: %w", err)
}

// publish moves the finished folder to its place.
func (m *machine) publish() error {
	final := filepath.Clean(m.b.OutputDirectory)
	if err := os.Chmod(m.image.Path, 0o755); err != nil {
		return fmt.Errorf("publishing the image: %w", err)
	}
	if m.b.env.Force {
		old := m.private.Join("replaced")
		if err := moveAway(final, old); err != nil {
			return fmt.Errorf("replacing %s: %w", final, err)
		}
	}
	if err := os.Rename(m.image.Path, final); err != nil {
		return fmt.Errorf("publishing the image: %w", err)
	}
	m.sealed = true
	_ = os.RemoveAll(final + "-failed") // what an earlier failure left is of no more use
	return m.image.Release()
}

// moveAway makes room at path; the folder it held goes with the private one,
// or at once where that is another file system.
func moveAway(path, to string) error {
	err := os.Rename(path, to)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return os.RemoveAll(path)
}

// artifact describes what stands in the output folder.
func (b *Builder) artifact() (*artifact.Artifact, error) {
	a := &artifact.Artifact{
		Builder: builderID, ID: "VM",
		Title:   "VM files in directory: " + b.OutputDirectory,
		Destroy: func() error { return os.RemoveAll(b.OutputDirectory) },
	}
	disk := filepath.Join(b.OutputDirectory, b.VMName)
	info, err := os.Stat(disk)
	if err != nil {
		return nil, fmt.Errorf("looking at the image: %w", err)
	}
	a.Files = []string{disk}
	for i := range b.AdditionalDisks {
		a.Files = append(a.Files, fmt.Sprintf("%s-%d", disk, i+1))
	}
	a.Details = map[string]string{
		"disk": disk, "format": b.Format, "size_bytes": strconv.FormatInt(info.Size(), 10),
	}
	return a, nil
}
