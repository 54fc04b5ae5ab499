package qemu

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/qemuimg"
)

// TestKeep has machines end that never ran: what is left of their disks is what
// the user wants, and nothing else.
func TestKeep(t *testing.T) {
	for _, c := range []struct {
		name         string
		keep, layers bool
	}{
		{"cleaned up", false, false},
		{"cleaned up, of layers", false, true},
		{"kept", true, false},
		{"kept, of layers", true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			base, err := filepath.Abs("base")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := qemuimg.Run(t.Context(), "create", "-q", "-f", "qcow2", base, "1M"); err != nil {
				t.Fatal(err)
			}
			b := newBuilder(func(b *Builder) {
				b.OutputDirectory, b.AdditionalDisks, b.env.CacheDir = "out/image", []string{"2M"}, t.TempDir()
			})
			if c.layers {
				store, err := checkpoint.Open(t.TempDir())
				if err != nil {
					t.Fatal(err)
				}
				b.Remember(store)
			}
			m := &machine{b: b}
			for _, err := range []error{m.folders(), m.layer(), m.makeDisks(t.Context(), base)} {
				if err != nil {
					t.Fatal(err)
				}
			}
			if c.keep {
				m.Keep()
			}
			for range 2 {
				if err := m.Close(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			left, _ := filepath.Glob("out/.image.baking-*")
			if (len(left) == 1) != c.keep {
				t.Fatalf("left: %q", left)
			}
			for name, size := range map[string]int64{"packer-debian": 1 << 20, "packer-debian-1": 2 << 20} {
				if !c.keep {
					break
				}
				if info, err := qemuimg.Inspect(t.Context(), filepath.Join(left[0], name), "qcow2"); err != nil || info.Size != size {
					t.Errorf("%s: %+v, %v", name, info, err)
				}
			}
			if b.store == nil {
				return
			}
			drafts, _ := filepath.Glob(filepath.Join(b.store.Dir(), "draft-*"))
			if _, err := os.Stat(b.store.Dir()); err != nil || drafts != nil {
				t.Errorf("left in the store: %q, %v", drafts, err)
			}
		})
	}
}
