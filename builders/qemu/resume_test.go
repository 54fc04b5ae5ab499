package qemu

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/digest"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
)

// TestFacts tells which options change the boot, and which the image only.
func TestFacts(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, mode := range map[string]os.FileMode{"base.qcow2": 0o600, "qemu": 0o755} {
		if err := os.WriteFile(name, []byte(name), mode); err != nil {
			t.Fatal(err)
		}
	}
	facts := func(change func(*Builder)) builders.Facts {
		t.Helper()
		b := newBuilder(func(b *Builder) {
			b.QEMUBinary, b.Accelerator = "./qemu", "tcg" // nothing is probed
			change(b)
		})
		digest := func(ctx context.Context, path string) (string, error) { return digest.SHA256(ctx, nil, path) }
		f, err := b.Facts(t.Context(), builders.Reader{Digest: digest}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	plain := facts(func(*Builder) {})
	seals := false
	for _, c := range []struct {
		name        string
		change      func(*Builder)
		boot, image bool
	}{
		{"nothing", func(*Builder) {}, false, false},
		{"its name", func(b *Builder) { b.env.Name, b.env.Build, b.env.RunID = "other", "qemu.other", "run" }, false, false},
		{"memory", func(b *Builder) { b.Memory = 1024 }, true, true},
		{"how long to wait", func(b *Builder) { b.Timeout = time.Hour }, false, true},
		{"where it goes", func(b *Builder) { b.OutputDirectory = "other" }, false, true},
		{"the disk's name", func(b *Builder) { b.VMName = "other" }, false, true},
		{"how it is sealed", func(b *Builder) { b.SealImage = &seals }, false, true},
		{"what is kept", func(b *Builder) { b.Seal = &Seal{Keep: []string{"logs"}} }, false, true},
		{"how it is stopped", func(b *Builder) { b.ShutdownCommand = "halt" }, false, true},
		{"compression", func(b *Builder) { b.DiskCompression = true }, false, true},
		{"a base made by another build", func(b *Builder) { b.from = &artifact.Artifact{Details: map[string]string{"disk": "qemu"}} }, true, false},
	} {
		f := facts(c.change)
		if got := !slices.Equal(f.Boot, plain.Boot); got != c.boot {
			t.Errorf("%s: changes the boot: %t, want %t: %q", c.name, got, c.boot, stepkey.Explain(plain.Boot, f.Boot))
		}
		if got := !slices.Equal(f.Image, plain.Image); got != c.image {
			t.Errorf("%s: changes the image: %t, want %t: %q", c.name, got, c.image, stepkey.Explain(plain.Image, f.Image))
		}
	}
	t.Chdir(t.TempDir())
	for name, want := range map[string]string{"backing": "use_backing_file makes the image depend on the base", "none": "nobody enters the machine"} {
		b := newBuilder(func(b *Builder) {
			if b.UseBackingFile = name == "backing"; name == "none" {
				b.Communicator = "none"
			}
		})
		if _, err := b.Facts(t.Context(), builders.Reader{}, nil); !errors.Is(err, stepkey.ErrUnnamed) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSecrets has the builder tell of its passwords.
func TestSecrets(t *testing.T) {
	var b builders.Secretive = newBuilder(func(b *Builder) { b.Password = "pass" })
	if got := b.Secrets(); !slices.Equal(got, []string{"pass"}) {
		t.Errorf("got %q", got)
	}
}

func TestExisting(t *testing.T) {
	t.Chdir(t.TempDir())
	b := newBuilder(func(b *Builder) { b.AdditionalDisks = []string{"1G"} })
	if _, err := b.Existing(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if err := os.Mkdir(b.OutputDirectory, 0o755); err != nil {
		t.Fatal(err)
	}
	disk := "output-debian/packer-debian"
	if err := os.WriteFile(disk, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := b.Existing()
	if err != nil {
		t.Fatal(err)
	}
	if a.Details["disk"] != disk || a.Details["size_bytes"] != "5" || !slices.Equal(a.Files, []string{disk, disk + "-1"}) {
		t.Errorf("got %+v", a)
	}
}

// TestFreezeNeedsLayers has a machine that was not made to be frozen.
func TestFreezeNeedsLayers(t *testing.T) {
	if _, err := (&machine{b: newBuilder(nil)}).Freeze(t.Context()); err == nil {
		t.Error("it was frozen")
	}
}
