package sealed

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

type doc struct{ Name string }

func TestWriteAndRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "doc.json")
	for _, name := range []string{"a", "b <&>\n", ""} {
		sum, err := Write(path, doc{name})
		if err != nil {
			t.Fatal(err)
		}
		var got doc
		if again, err := Read(path, &got); err != nil || got.Name != name || again != sum || len(sum) != 64 {
			t.Errorf("got %v, %s, %v", got, again, err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if _, err := Write(path, func() {}); err == nil {
		t.Error("a function is written")
	}
}

// TestEveryBit flips each bit of a document once.
func TestEveryBit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "doc.json")
	text, _, err := Seal(doc{"Bird"})
	if err != nil {
		t.Fatal(err)
	}
	for bit := range len(text) * 8 {
		text[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path, new(doc)); !errors.Is(err, ErrDamaged) {
			t.Fatalf("bit %d: %v", bit, err)
		}
		text[bit/8] ^= 1 << (bit % 8)
	}
}

func TestRecall(t *testing.T) {
	whole, _, err := Seal(doc{"a"})
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := Seal([]int{1})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text []byte // nil is no file
		ok   bool
	}{
		"whole":         {whole, true},
		"truncated":     {whole[:len(whole)-1], false},
		"only its head": {whole[:20], false},
		"empty":         {[]byte{}, false},
		"another shape": {other, false},
		"missing":       {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "doc.json")
			if c.text != nil {
				if err := os.WriteFile(path, c.text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if ok, err := Recall(path, new(doc)); ok != c.ok || err != nil {
				t.Errorf("got %t, %v", ok, err)
			}
			if _, err := os.Stat(path); (err == nil) != c.ok {
				t.Errorf("is it left: %v", err)
			}
		})
	}
}

func TestUnusable(t *testing.T) {
	for err, want := range map[error]bool{
		ErrDamaged: true, fs.ErrNotExist: true, syscall.EIO: true, syscall.EISDIR: true,
		syscall.EMFILE: false, syscall.ENOMEM: false, fs.ErrClosed: false,
	} {
		if got := Unusable(&fs.PathError{Op: "read", Path: "x", Err: err}); got != want {
			t.Errorf("%v: %t", err, got)
		}
	}
}
