// Package shape names what a machine depends on: its base, its parts, its CDs,
// and who is let in.
package shape

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/builders/qemu/disk"
	"github.com/ovenbird-io/ovenbird/builders/qemu/hardware"
	"github.com/ovenbird-io/ovenbird/builders/qemu/login"
	"github.com/ovenbird-io/ovenbird/builders/qemu/media"
	"github.com/ovenbird-io/ovenbird/internal/accel"
	"github.com/ovenbird-io/ovenbird/internal/communicator"
	"github.com/ovenbird-io/ovenbird/internal/fileserver"
	"github.com/ovenbird-io/ovenbird/internal/qemuimg"
	"github.com/ovenbird-io/ovenbird/internal/seed"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
)

// Machine has the options that decide what a machine is.
type Machine struct {
	Accel string // the accelerator in use
	Base  string // path of the disk image it starts from
	SSH   *communicator.SSH
	Spec  *hardware.Spec
	Disks *disk.Options
	CDs   *media.CDs
	HTTP  *fileserver.HTTP
}

// Facts are all that a machine that was just booted depends on, and what its
// provisioners can see of it besides.
func (m *Machine) Facts(ctx context.Context, r builders.Reader) (f builders.Facts, err error) {
	base, err := m.baseFacts(ctx, r)
	if err != nil {
		return f, err
	}
	parts, err := m.partFacts(ctx, r)
	if err != nil {
		return f, err
	}
	seed, err := m.seedFacts(r)
	if err != nil {
		return f, err
	}
	served, err := m.servedFacts(r)
	if err != nil {
		return f, err
	}
	f = builders.Facts{Boot: slices.Concat(base, parts, seed), Ages: m.CDs.CloudInit != nil || m.CDs.IsSeed()}
	if f.Ages { // it may fetch them
		f.Boot = append(f.Boot, served...)
	}
	f.Again = func() ([]stepkey.Fact, error) { return m.stepFacts(r) }
	f.Steps, err = f.Again()
	return f, err
}

// stepFacts are what provisioners can see of the machine: what it can fetch
// from us, and how they get in.
func (m *Machine) stepFacts(r builders.Reader) ([]stepkey.Fact, error) {
	served, err := m.servedFacts(r)
	if err != nil {
		return nil, err
	}
	facts := append(served, stepkey.Text("the user of the steps", m.user()))
	if m.SSH.PTY {
		facts = append(facts, stepkey.Text("option ssh_pty", "true"))
	}
	return facts, nil
}

// user is who runs the steps.
func (m *Machine) user() string { return cmp.Or(m.SSH.Username, "root") }

// Unnamed says which option depends on what cannot be named, "" if none does.
func (m *Machine) Unnamed() string {
	switch {
	case m.SSH.Communicator == "none":
		return "nobody enters the machine"
	case m.Spec.NetBridge != "" || m.SSH.Host != "":
		return "the machine is reached through a network of its own"
	}
	for _, row := range m.Spec.QEMUArgs {
		if !plain(row) {
			return "qemuargs: " + row[0]
		}
	}
	return ""
}

// plain tells whether a row of qemuargs says all that it means: it names no
// files, no programs and nothing that each run fills in.
func plain(row []string) bool {
	text := strings.Join(row[1:], "")
	switch {
	case strings.Contains(text, "{{"):
		return false
	case row[0] == "-netdev":
		return strings.HasPrefix(text, "user,") && !slices.ContainsFunc([]string{"tftp", "smb", "guestfwd"}, func(o string) bool { return strings.Contains(text, o) })
	}
	return slices.Contains([]string{"-m", "-smp", "-cpu", "-display", "-vga", "-rtc", "-boot", "-machine", "-accel", "-global", "-no-user-config"}, row[0])
}

// baseFacts are the digests of the base and of what that is a layer on.
func (m *Machine) baseFacts(ctx context.Context, r builders.Reader) ([]stepkey.Fact, error) {
	var facts []stepkey.Fact
	path := m.Base
	for name := "base"; path != ""; name += "'s backing file" {
		digest, err := r.Digest(ctx, path)
		if err != nil {
			return nil, fmt.Errorf("reading the base image: %w", err)
		}
		facts = append(facts, stepkey.Text(name, "sha256:"+digest))
		if path, err = backingFile(ctx, path); err != nil {
			return nil, err
		}
	}
	return facts, nil
}

// backingFile is what a qcow2 image says it is a layer on, "" for one that
// stands alone.
func backingFile(ctx context.Context, path string) (string, error) {
	layered, err := qemuimg.Layered(path)
	if err != nil || !layered {
		return "", err
	}
	info, err := qemuimg.Inspect(ctx, path, "qcow2")
	return info.FullBacking, err
}

// partFacts are the machine: its parts and the program that makes them.
func (m *Machine) partFacts(ctx context.Context, r builders.Reader) ([]stepkey.Fact, error) {
	binary, err := exec.LookPath(m.Spec.QEMUBinary)
	if err != nil {
		return nil, fmt.Errorf("finding QEMU: %w", err)
	}
	digest, err := r.Digest(ctx, binary)
	if err != nil {
		return nil, fmt.Errorf("reading QEMU: %w", err)
	}
	name := m.Accel
	facts := append(stepkey.Options(m.parts(), r.Hider),
		stepkey.Text("the program "+m.Spec.QEMUBinary, "sha256:"+digest),
		stepkey.Text("accelerator in use", name),
	)
	facts = append(facts, stepkey.Options(m.disks(), r.Hider)...)
	if name != accel.TCG {
		facts = append(facts, stepkey.Text("the host's processor", processor()))
	}
	return facts, nil
}

// parts are the options of the machine without those of windows on it, which a
// guest cannot see, and those that do nothing.
func (m *Machine) parts() *hardware.Spec {
	s := *m.Spec
	s.Display, s.Headless, s.UseDefaultDisplay = "", false, false
	s.VNCBindAddress, s.VNCPortMin, s.VNCPortMax, s.DisableVNC = "", 0, 0, false
	return &s
}

// disks are the options of the disks that matter before there is an image.
func (m *Machine) disks() *disk.Options {
	d := disk.Options{AdditionalDisks: m.Disks.AdditionalDisks}
	if !m.Disks.SkipResizeDisk {
		d.DiskSize = m.Disks.DiskSize
	}
	if len(d.AdditionalDisks) > 0 {
		d.Format = m.Disks.Format
	}
	if a := m.Disks.QemuImgArgs; a != nil && len(a.Create)+len(a.Resize) > 0 {
		d.QemuImgArgs = &disk.ImgArgs{Create: a.Create, Resize: a.Resize}
	}
	return &d
}

// processor is what the kernel says of the host's first processor, which a
// guest under KVM can see.
func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo") // elsewhere there is none, nor KVM
	var facts []string
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(name) {
		case "":
			return strings.Join(facts, ", ")
		case "model name", "stepping", "microcode", "flags":
			facts = append(facts, strings.TrimSpace(value))
		}
	}
	return strings.Join(facts, ", ")
}

// seedFacts are the CDs and who is let in.
func (m *Machine) seedFacts(r builders.Reader) ([]stepkey.Fact, error) {
	files, err := seed.Tree(m.CDs.CDFiles, nil)
	if err != nil {
		return nil, fmt.Errorf("cd_files: %w", err)
	}
	facts := stepkey.Options(m.CDs, r.Hider)
	for _, f := range files {
		all, err := stepkey.Files(r.Hider, f.Path)
		if err != nil {
			return nil, fmt.Errorf("cd_files: %w", err)
		}
		facts = append(facts, stepkey.Text("CD file "+r.Hide(f.Name), all[0].Value))
	}
	if login.Injects(m.SSH) {
		facts = append(facts, stepkey.Text("the login", strings.TrimSuffix(fmt.Sprintf("%s, %s, %d", m.user(), m.SSH.TemporaryKeyPairType, m.SSH.TemporaryKeyPairBits), ", 0")))
	}
	return facts, nil
}
