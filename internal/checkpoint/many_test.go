package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/sealed"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
)

// many fills a store with chains of 20, without flushing them to the disk.
func many(t testing.TB, s *Store, n int) {
	t.Helper()
	m, sum, file := Meta{}, "", []byte("0123456789")
	for i := range n {
		m = Meta{Version: Version, Key: key(fmt.Sprint(i)), Parent: m.Key, ParentSum: sum, Title: fmt.Sprint(i)}
		if i%20 == 0 {
			m.Parent, m.ParentSum = "", ""
		}
		for _, name := range []string{"disk", "ram"} {
			m.Files = append(m.Files, File{Name: name, Size: int64(len(file))})
		}
		for range 20 {
			m.Facts = append(m.Facts, stepkey.Fact{Name: "option inline", Value: `["apt-get update", "apt-get install -y nginx"]`})
		}
		var text []byte
		var err error
		text, sum, err = sealed.Seal(m)
		dir := s.path(m.Key)
		err = errors.Join(err, os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, metaName), text, 0o600), os.WriteFile(filepath.Join(dir, lockName), nil, 0o600))
		for _, f := range m.Files {
			err = errors.Join(err, os.WriteFile(filepath.Join(dir, f.Name), file, 0o600))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestManyCheckpoints(t *testing.T) {
	const n = 400
	s := openStore(t)
	many(t, s, n)
	all, err := s.List()
	if err != nil || len(all) != n {
		t.Fatalf("%d, %v", len(all), err)
	}
	chain, err := s.Chain(key("19"))
	if err != nil || len(chain) != 20 {
		t.Fatalf("%d, %v", len(chain), err)
	}
	release, err := s.Hold(chain)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	gone, err := s.Prune(0)
	if err != nil || len(gone) != n-20 {
		t.Errorf("removed %d, %v", len(gone), err)
	}
}

func BenchmarkManyCheckpoints(b *testing.B) {
	s := openStore(b)
	many(b, s, 2000)
	b.Run("find 20", func(b *testing.B) {
		for b.Loop() {
			if chain, err := s.Chain(key("1999")); err != nil || len(chain) != 20 {
				b.Fatal(len(chain), err)
			}
		}
	})
	b.Run("list", func(b *testing.B) {
		for b.Loop() {
			if all, err := s.List(); err != nil || len(all) != 2000 {
				b.Fatal(len(all), err)
			}
		}
	})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			if _, err := Open(s.dir); err != nil {
				b.Fatal(err)
			}
		}
	})
}
