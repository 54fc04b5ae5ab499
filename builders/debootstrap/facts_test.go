package debootstrap

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
)

func TestFacts(t *testing.T) {
	etc := t.TempDir()
	list := filepath.Join(etc, "sources.list")
	write := func(text string) {
		if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("deb http://deb.debian.org/debian bookworm main\n")
	key := func(change func(*Builder)) string {
		b := New(builders.Env{Name: "base"}).(*Builder)
		b.etc = etc
		change(b)
		f, err := b.Facts(t.Context(), builders.Reader{}, nil)
		if err != nil || !f.Ages {
			t.Fatalf("ages: %t, %v", f.Ages, err)
		}
		return stepkey.Of("", f.Boot)
	}
	same := func(*Builder) {}
	plain := key(same)
	if key(same) != plain {
		t.Error("the same builder has two keys")
	}
	for name, change := range map[string]func(*Builder){
		"a package": func(b *Builder) { b.Packages = []string{"nginx"} },
		"the suite": func(b *Builder) { b.Suite, b.Mirror = "trixie", "http://deb.debian.org/debian" },
		"the size":  func(b *Builder) { b.DiskSize = "8G" },
		"apt's sources": func(*Builder) {
			write("deb http://mirror.example/debian bookworm main contrib\n")
		},
	} {
		if key(change) == plain {
			t.Errorf("%s does not matter", name)
		}
	}
}
