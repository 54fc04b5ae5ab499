package qemu

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/builders/qemu/login"
	"github.com/ovenbird-io/ovenbird/internal/accel"
	"github.com/ovenbird-io/ovenbird/internal/qemuimg"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Facts are all that the artifact depends on, besides its provisioners.
func (b *Builder) Facts(ctx context.Context, r builders.Reader, out *ui.UI) (builders.Facts, error) {
	var f builders.Facts
	if why := b.unnamed(); why != "" {
		return f, fmt.Errorf("%s: %w", why, stepkey.ErrUnnamed)
	}
	base, err := b.baseFacts(ctx, r, out)
	if err != nil {
		return f, err
	}
	shape, err := b.shapeFacts(ctx, r)
	if err != nil {
		return f, err
	}
	seed, err := b.seedFacts(r)
	if err != nil {
		return f, err
	}
	served, err := b.servedFacts(r)
	if err != nil {
		return f, err
	}
	folder, err := os.Getwd()
	if err != nil {
		return f, fmt.Errorf("finding the output folder: %w", err)
	}
	return builders.Facts{
		Boot: slices.Concat(base, shape, seed), Ages: b.CloudInit != nil || b.IsSeed(),
		Steps: served, Image: append(stepkey.Options(b, r.Hider), stepkey.Text("working folder", folder)),
	}, nil
}

// unnamed says which option depends on what cannot be named, "" if none does.
func (b *Builder) unnamed() string {
	switch {
	case b.UseBackingFile:
		return "use_backing_file makes the image depend on the base"
	case b.Communicator == "none":
		return "nobody enters the machine"
	case b.NetBridge != "" || b.Host != "":
		return "the machine is reached through a network of its own"
	}
	for _, row := range b.QEMUArgs {
		if !slices.Contains([]string{"-m", "-smp", "-cpu", "-display", "-vga", "-rtc", "-boot", "-machine", "-accel", "-global", "-netdev", "-no-user-config"}, row[0]) ||
			strings.Contains(strings.Join(row, ""), "{{") {
			return "qemuargs: " + row[0]
		}
	}
	return ""
}

// baseFacts are the digests of the base and of what that is a layer on.
func (b *Builder) baseFacts(ctx context.Context, r builders.Reader, out *ui.UI) ([]stepkey.Fact, error) {
	path, err := b.fetchBase(ctx, out)
	if err != nil {
		return nil, err
	}
	var facts []stepkey.Fact
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

// shapeFacts are the machine: its parts and the program that makes them.
func (b *Builder) shapeFacts(ctx context.Context, r builders.Reader) ([]stepkey.Fact, error) {
	binary, err := exec.LookPath(b.QEMUBinary)
	if err != nil {
		return nil, fmt.Errorf("finding QEMU: %w", err)
	}
	digest, err := r.Digest(ctx, binary)
	if err != nil {
		return nil, fmt.Errorf("reading QEMU: %w", err)
	}
	name := b.Accelerator
	if name == "" || name == "kvm" {
		name = accel.Probe(ctx, b.QEMUBinary).Name
	}
	facts := append(stepkey.Options(&b.Spec, r.Hider),
		stepkey.Text("the program "+b.QEMUBinary, "sha256:"+digest),
		stepkey.Text("accelerator in use", name),
		stepkey.Text("option disk_size", b.DiskSize+fmt.Sprint(b.SkipResizeDisk)),
		stepkey.Text("option disk_additional_size", strings.Join(b.AdditionalDisks, " ")+b.Format),
	)
	if b.QemuImgArgs != nil {
		facts = append(facts, stepkey.Text("option qemu_img_args", fmt.Sprint(b.QemuImgArgs.Create, b.QemuImgArgs.Resize)))
	}
	if name != accel.TCG {
		facts = append(facts, stepkey.Text("the host's processor", processor()))
	}
	return facts, nil
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
func (b *Builder) seedFacts(r builders.Reader) ([]stepkey.Fact, error) {
	facts, err := stepkey.Files(r.Hider, b.CDFiles...)
	if err != nil {
		return nil, fmt.Errorf("cd_files: %w", err)
	}
	facts = append(facts, stepkey.Options(&b.CDs, r.Hider)...)
	if login.Injects(&b.SSH) {
		facts = append(facts, stepkey.Text("the login", fmt.Sprint(cmp.Or(b.Username, "root"), " ", b.TemporaryKeyPairType, b.TemporaryKeyPairBits)))
	}
	return facts, nil
}

// servedFacts are the files that the guest can fetch from us.
func (b *Builder) servedFacts(r builders.Reader) ([]stepkey.Fact, error) {
	facts := stepkey.Options(&b.HTTP, r.Hider)
	if b.HTTPDirectory == "" {
		return facts, nil
	}
	served, err := stepkey.Files(r.Hider, b.HTTPDirectory)
	if err != nil {
		return nil, fmt.Errorf("http_directory: %w", err)
	}
	return append(facts, served...), nil
}
