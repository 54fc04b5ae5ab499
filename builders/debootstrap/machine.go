package debootstrap

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/proc"
	"github.com/ovenbird-io/ovenbird/internal/scratch"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Boot makes the whole disk, in a folder beside the output directory; nothing
// is booted. Seal only gives the folder its name.
func (b *Builder) Boot(ctx context.Context, out *ui.UI) (_ builders.Machine, err error) {
	if err := b.Check(); err != nil {
		return nil, err
	}
	parent := filepath.Dir(filepath.Clean(b.OutputDirectory))
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, fmt.Errorf("making the output folder: %w", err)
	}
	work, err := scratch.New(parent, "."+filepath.Base(b.OutputDirectory)+".baking-")
	if err != nil {
		return nil, err
	}
	m := &machine{b: b, work: work}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.Close(ctx))
		}
	}()
	if err := b.bake(ctx, work.Path, out); err != nil {
		return nil, err
	}
	out.Say("Writing the disk as %s", b.Format)
	if err := b.convert(ctx, work); err != nil {
		return nil, err
	}
	return m, nil
}

// Guestless says that nothing is booted.
func (b *Builder) Guestless() bool { return true }

// Check finds out what would only fail after a while.
func (b *Builder) Check() error {
	if _, err := os.Lstat(b.OutputDirectory); err == nil && !b.env.Force {
		return fmt.Errorf("output folder %s exists: remove it, or build with -force", b.OutputDirectory)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("looking at the output folder: %w", err)
	}
	programs := map[string]string{"mmdebstrap": "mmdebstrap", "qemu-img": "qemu-utils", "unshare": "util-linux"}
	if os.Geteuid() != 0 {
		programs["newuidmap"] = "uidmap"
	}
	for program, pkg := range programs {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("looking for %s (install the package %s): %w", program, pkg, err)
		}
	}
	if os.Geteuid() == 0 {
		return nil
	}
	u, err := user.Current()
	if err != nil {
		return fmt.Errorf("finding out who runs this: %w", err)
	}
	for _, file := range []string{"/etc/subuid", "/etc/subgid"} {
		text, err := os.ReadFile(file)
		if err != nil || !hasRange(string(text), u.Username, u.Uid) {
			return fmt.Errorf("%s has no range of ids for %s, which building as a normal user needs: "+
				"run: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 %s", file, u.Username, u.Username)
		}
	}
	return nil
}

// hasRange looks in the text of /etc/subuid for 65536 ids of a user.
func hasRange(text, name, uid string) bool {
	for _, line := range strings.Split(text, "\n") {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) != 3 || f[0] != name && f[0] != uid {
			continue
		}
		if n, err := strconv.ParseInt(f[2], 10, 64); err == nil && n >= 65536 {
			return true
		}
	}
	return false
}

// convert leaves only the disk and packages.txt in work.
func (b *Builder) convert(ctx context.Context, work *scratch.Dir) error {
	raw := work.Join("disk.raw")
	if b.Format == "raw" {
		if err := os.Rename(raw, work.Join(b.diskName())); err != nil {
			return fmt.Errorf("naming the disk: %w", err)
		}
	} else {
		var said strings.Builder
		cmd := exec.Command("qemu-img", "convert", "-f", "raw", "-O", b.Format, raw, work.Join(b.diskName())) //nolint:noctx // proc.Run minds ctx
		cmd.Stderr = &said
		if err := proc.Run(ctx, cmd); err != nil {
			return fmt.Errorf("converting the disk to %s: %s: %w", b.Format, strings.TrimSpace(said.String()), err)
		}
	}
	for _, name := range []string{"disk.raw", "finish.sh", "boot.img", "core.img"} {
		if name == b.diskName() {
			continue
		}
		if err := os.RemoveAll(work.Join(name)); err != nil {
			return fmt.Errorf("tidying up: %w", err)
		}
	}
	return nil
}

// machine is a finished disk that has not got its name yet.
type machine struct {
	b    *Builder
	work *scratch.Dir // nil once sealed or closed
}

// Guest is nil: there is no machine to talk to.
func (m *machine) Guest(context.Context) (guest.Guest, error) { return nil, nil }

// Info tells templates that nothing can be connected to.
func (m *machine) Info() builders.Info { return builders.Info{ID: "disk", ConnType: "none"} }

// Seal moves the disk to the output directory.
func (m *machine) Seal(context.Context) (*artifact.Artifact, error) {
	if m.work == nil {
		return nil, errors.New("sealing the disk: it is closed")
	}
	dir := filepath.Clean(m.b.OutputDirectory)
	if err := m.work.Publish(dir, m.b.env.Force); err != nil {
		return nil, fmt.Errorf("publishing the disk: %w", err)
	}
	m.work = nil
	return m.b.artifact()
}

// artifact describes what stands in the output folder.
func (b *Builder) artifact() (*artifact.Artifact, error) {
	dir := filepath.Clean(b.OutputDirectory)
	own, err := artifact.Tree(dir)
	if err != nil {
		return nil, fmt.Errorf("looking at the disk: %w", err)
	}
	disk, packages := filepath.Join(dir, b.diskName()), filepath.Join(dir, "packages.txt")
	info, err := os.Stat(disk)
	if err != nil {
		return nil, fmt.Errorf("looking at the disk: %w", err)
	}
	return &artifact.Artifact{
		Builder: "ovenbird.debootstrap",
		ID:      "disk",
		Title:   fmt.Sprintf("Debian %s disk: %s", b.Suite, disk),
		Files:   []string{disk, packages},
		Details: map[string]string{
			"disk": disk, "format": b.Format, "packages": packages, "suite": b.Suite,
			"size_bytes": strconv.FormatInt(info.Size(), 10),
		},
		Destroy: func(kept []string) error { return artifact.Remove(own, kept) },
	}, nil
}

// Close removes a disk that was not sealed. A failed build keeps nothing worth
// looking at, so this is the same with -on-error=abort.
func (m *machine) Close(context.Context) error {
	if m.work == nil {
		return nil
	}
	err := m.work.Remove()
	m.work = nil
	if err != nil {
		return fmt.Errorf("removing the unfinished disk: %w", err)
	}
	return nil
}
