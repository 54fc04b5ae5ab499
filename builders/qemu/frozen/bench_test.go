package frozen

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/builders/qemu/disk"
	"github.com/ovenbird-io/ovenbird/builders/qemu/hardware"
	"github.com/ovenbird-io/ovenbird/builders/qemu/login"
	"github.com/ovenbird-io/ovenbird/builders/qemu/vm"
	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/qemuimg"
	"github.com/ovenbird-io/ovenbird/internal/sealed"
)

// block is how much a guest writes at once, in bytes.
const block = 64 << 10

// stopped is a machine that has its memory frozen.
type stopped struct {
	memory    string
	err       error
	unstacked bool // it fails before its disks have new tops
	overlays  []vm.Overlay
}

func (s *stopped) Freeze(_ context.Context, path string, keep vm.Keep, overlays []vm.Overlay) (bool, error) {
	if s.unstacked {
		return false, s.err
	}
	if s.overlays = overlays; s.err != nil {
		return true, s.err
	}
	file, err := os.Create(path)
	if err != nil {
		return true, err
	}
	return true, errors.Join(keep(file, strings.NewReader(s.memory)), file.Close())
}

// bench is a store and a base image to stand machines on.
type bench struct {
	*testing.T
	store *checkpoint.Store
	base  string
	spec  hardware.Spec
}

func newBench(t *testing.T) *bench {
	t.Helper()
	store, err := checkpoint.Open(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, store: store, base: filepath.Join(t.TempDir(), "base"), spec: hardware.Defaults()}
	b.img("create", "-q", "-f", "raw", b.base, fmt.Sprint(8*block))
	b.write(&hardware.Disk{Path: b.base, Format: "raw"}, 0, 1)
	return b
}

func (b *bench) img(args ...string) {
	b.Helper()
	if _, err := qemuimg.Run(b.Context(), args...); err != nil {
		b.Fatal(err)
	}
}

// node is a disk in QEMU's terms.
func node(d *hardware.Disk) map[string]any {
	n := map[string]any{"driver": d.Format, "file": map[string]any{"driver": "file", "filename": d.Path}}
	if d.Backing != nil {
		n["backing"] = node(d.Backing)
	}
	return n
}

// write is a guest that fills a block of its disk with a byte.
func (b *bench) write(d *hardware.Disk, at int, fill byte) {
	b.Helper()
	name, err := json.Marshal(node(d))
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), "qemu-io", "-c", fmt.Sprintf("write -P %d %d %d", fill, at*block, block), "json:"+string(name))
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%s: %v", out, err)
	}
}

// read gives the first byte of each block of a flattened disk; a block must be
// of one byte.
func (b *bench) read(d hardware.Disk) string {
	b.Helper()
	flat := filepath.Join(b.TempDir(), "flat")
	o := disk.Options{Format: "raw"}
	if err := o.Flatten(b.Context(), d, flat, nil); err != nil {
		b.Fatal(err)
	}
	text, err := os.ReadFile(flat)
	if err != nil {
		b.Fatal(err)
	}
	seen := ""
	for at := 0; at < len(text); at += block {
		if !bytes.Equal(text[at:at+block], bytes.Repeat(text[at:at+1], block)) {
			b.Fatalf("block %d is torn", at/block)
		}
		seen += fmt.Sprint(text[at])
	}
	return seen
}

// boot makes the disks of a new machine: one on the base, and an empty one.
func (b *bench) boot() *Layers {
	b.Helper()
	l, err := New(b.store)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := l.Close(); err != nil {
			b.Error(err)
		}
	})
	o := disk.Options{Format: "raw", DiskSize: fmt.Sprint(10*block, "b")}
	main, err := o.Overlay(b.Context(), b.base, l.Path(0))
	if err != nil {
		b.Fatal(err)
	}
	more, err := o.Empty(b.Context(), l.Path(1), fmt.Sprint(4*block, "b"))
	if err != nil {
		b.Fatal(err)
	}
	if err := l.Add(b.Context(), main, more); err != nil {
		b.Fatal(err)
	}
	return l
}

func (b *bench) resume(chain []*checkpoint.Checkpoint) *Layers {
	b.Helper()
	l, record, err := Resume(b.Context(), b.store, chain, b.base)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	if want := "key of " + chain[len(chain)-1].Title; record.Key != want {
		b.Errorf("the way in is %q, want %q", record.Key, want)
	}
	return l
}

func key(name string) string { return sealed.Sum([]byte(name)) }

// freeze keeps a machine under a name.
func (b *bench) freeze(l *Layers, name, parent string) *checkpoint.Checkpoint {
	b.Helper()
	finish, err := l.Freeze(b.Context(), &stopped{memory: "memory of " + name}, &b.spec)
	if err != nil {
		b.Fatal(err)
	}
	c, err := finish(b.Context(), b.meta(name, parent))
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func (b *bench) meta(name, parent string) checkpoint.Meta {
	data, err := json.Marshal(Data{Login: login.Record{Key: "key of " + name}})
	if err != nil {
		b.Fatal(err)
	}
	m := checkpoint.Meta{Key: key(name), Title: name, Data: data}
	if parent != "" {
		m.Parent = key(parent)
	}
	return m
}

func (b *bench) chain(name string) []*checkpoint.Checkpoint {
	b.Helper()
	chain, err := b.store.Chain(key(name))
	if err != nil || chain == nil {
		b.Fatalf("%s: %v", name, err)
	}
	return chain
}

func (b *bench) disks(l *Layers, main, more string) {
	b.Helper()
	if got := b.read(l.Tops[0]); got != main {
		b.Errorf("the disk is %s, want %s", got, main)
	}
	if got := b.read(l.Tops[1]); got != more {
		b.Errorf("the other disk is %s, want %s", got, more)
	}
}

// drafts are what is unfinished in the store.
func (b *bench) drafts() []string {
	all, _ := filepath.Glob(filepath.Join(b.store.Dir(), "draft-*"))
	return all
}
