package checkpoint

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/sealed"
)

// flip changes one bit in the middle of a file.
func flip(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text[len(text)/2] ^= 1
	return os.WriteFile(path, text, 0o600)
}

// instead puts a folder where a file was.
func instead(path string) error {
	return errors.Join(os.Remove(path), os.Mkdir(path, 0o700))
}

func linked(path string) error {
	return errors.Join(os.Rename(path, path+".elsewhere"), os.Symlink(path+".elsewhere", path))
}

func shorter(path string) error { return os.Truncate(path, 3) }

func longer(path string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString("x")
	return errors.Join(err, f.Close())
}

// rewrite gives a checkpoint other meta data with a right checksum.
func rewrite(change func(m *Meta)) func(path string) error {
	return func(path string) error {
		var m Meta
		if _, err := sealed.Read(path, &m); err != nil {
			return err
		}
		change(&m)
		_, err := sealed.Write(path, m)
		return err
	}
}

func TestDamage(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		harm func(path string) error
		late bool // only Verify sees it
		why  string
	}{
		"meta.json: a flipped bit":   {file: metaName, harm: flip, why: "checksum"},
		"meta.json: truncated":       {file: metaName, harm: shorter, why: "checksum"},
		"meta.json: longer":          {file: metaName, harm: longer, why: "checksum"},
		"meta.json: empty":           {file: metaName, harm: func(p string) error { return os.Truncate(p, 0) }, why: "checksum"},
		"meta.json: missing":         {file: metaName, harm: os.Remove, why: "no such file"},
		"meta.json: unreadable":      {file: metaName, harm: instead, why: "is a directory"},
		"meta.json: another version": {file: metaName, harm: rewrite(func(m *Meta) { m.Version++ }), why: "version 2"},
		"meta.json: another key's":   {file: metaName, harm: rewrite(func(m *Meta) { m.Key = key("x") }), why: key("x")},
		"meta.json: a way out":       {file: metaName, harm: rewrite(func(m *Meta) { m.Files[0].Name = "../disk" }), why: "../disk"},
		"disk: a flipped bit":        {file: "disk", harm: flip, late: true, why: "disk has the checksum"},
		"disk: truncated":            {file: "disk", harm: shorter, why: "disk has 3 bytes instead of 10"},
		"disk: longer":               {file: "disk", harm: longer, why: "disk has 11 bytes"},
		"disk: missing":              {file: "disk", harm: os.Remove, why: "disk: no such file"},
		"disk: a folder":             {file: "disk", harm: instead, why: "disk is no regular file"},
		"disk: a link":               {file: "disk", harm: linked, why: "disk is no regular file"},
		"ram: a flipped bit":         {file: "ram", harm: flip, late: true, why: "ram has the checksum"},
		"ram: truncated":             {file: "ram", harm: shorter, why: "ram has 3 bytes"},
		"ram: missing":               {file: "ram", harm: os.Remove, why: "ram: no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			s := openStore(t)
			put(t, s, "boot", "")
			hurt := put(t, s, "shell", "boot")
			if err := c.harm(hurt.Path(c.file)); err != nil {
				t.Fatal(err)
			}
			all, err := s.List()
			if err != nil || len(all) != 2 {
				t.Fatalf("List: %v, %v", all, err)
			}
			for _, i := range all {
				if want := i.Key == hurt.Key && !c.late; (i.Damage != "") != want {
					t.Errorf("List says of %s: %q", i.Title, i.Damage)
				}
			}
			var damage *DamageError
			if err := hurt.Verify(t.Context()); c.file != metaName && !errors.As(err, &damage) {
				t.Errorf("Verify: %v", err)
			}
			got, err := s.Find(hurt.Key)
			if c.late && err == nil {
				if err = got.Verify(t.Context()); err != nil {
					err = errors.Join(err, s.Drop(got, "a test"))
				}
			}
			if !errors.As(err, &damage) || damage.Key != hurt.Key || !strings.Contains(damage.Why, c.why) {
				t.Errorf("the error is %v, want %s", err, c.why)
			}
			if got, err := s.Find(hurt.Key); got != nil || err != nil {
				t.Errorf("it is still there: %v, %v", got, err)
			}
			if whole, err := s.Chain(key("boot")); err != nil || len(whole) != 1 {
				t.Errorf("what it stood on: %v, %v", whole, err)
			}
			if left := names(t, s.dir); len(left) != 5 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// TestEveryByteOfMeta flips a bit of each byte of the meta data once.
func TestEveryByteOfMeta(t *testing.T) {
	s := openStore(t)
	c := put(t, s, "boot", "")
	text, err := os.ReadFile(c.Path(metaName))
	if err != nil {
		t.Fatal(err)
	}
	for i := range text {
		text[i] ^= 1 << (i % 8)
		if err := os.WriteFile(c.Path(metaName), text, 0o600); err != nil {
			t.Fatal(err)
		}
		var damage *DamageError
		if got, err := s.load(c.Key); got != nil || !errors.As(err, &damage) {
			t.Fatalf("byte %d: %v, %v", i, got, err)
		}
		text[i] ^= 1 << (i % 8)
	}
}

func TestBrokenChain(t *testing.T) {
	for name, c := range map[string]struct {
		harm func(t *testing.T, s *Store, root *Checkpoint) error
		why  string
		left int // checkpoints, after Chain of the last one
	}{
		"the root is missing": {func(_ *testing.T, s *Store, root *Checkpoint) error { return s.Drop(root, "test") }, "not there", 0},
		"the root is damaged": {func(_ *testing.T, _ *Store, root *Checkpoint) error { return shorter(root.Path("ram")) }, "ram has 3 bytes", 0},
		"the root was made anew": {func(t *testing.T, s *Store, root *Checkpoint) error {
			err := s.Drop(root, "test")
			put(t, s, "a", "")
			return err
		}, "made anew", 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := openStore(t)
			root := put(t, s, "a", "")
			put(t, s, "b", "a")
			put(t, s, "c", "b")
			if err := c.harm(t, s, root); err != nil {
				t.Fatal(err)
			}
			all, err := s.List()
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range all {
				if (i.Damage == "") != (i.Title == "a" && c.left == 1) {
					t.Errorf("List says of %s: %q", i.Title, i.Damage)
				}
			}
			chain, err := s.Chain(key("c"))
			var damage *DamageError
			if chain != nil || !errors.As(err, &damage) || damage.Key != key("c") || !strings.Contains(damage.Why, c.why) {
				t.Errorf("got %v, %v", chain, err)
			}
			if all, err := s.List(); err != nil || len(all) != c.left {
				t.Errorf("left: %v, %v", all, err)
			}
		})
	}
}

// TestDropLeavesTheNext has a checkpoint dropped by two that found it damaged:
// the second must not remove what the first has put in its place.
func TestDropLeavesTheNext(t *testing.T) {
	s := openStore(t)
	old := put(t, s, "a", "")
	if err := s.Drop(old, "test"); err != nil {
		t.Fatal(err)
	}
	next := put(t, s, "a", "")
	if err := s.Drop(old, "test"); err != nil {
		t.Fatal(err)
	}
	if c, err := s.Find(key("a")); err != nil || c == nil || c.Sum != next.Sum {
		t.Errorf("got %v, %v", c, err)
	}
	if err := s.Drop(next, "test"); err != nil {
		t.Fatal(err)
	}
	if err := s.Drop(next, "test"); err != nil {
		t.Error(err)
	}
}
