package checkpoint

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func TestPublishAndFind(t *testing.T) {
	s := openStore(t)
	if c, err := s.Find(key("boot")); c != nil || err != nil {
		t.Fatalf("an empty store has %v, %v", c, err)
	}
	made := put(t, s, "boot", "")
	put(t, s, "shell", "boot")
	for _, again := range []func() (*Store, error){func() (*Store, error) { return s, nil }, func() (*Store, error) { return Open(s.dir) }} {
		s, err := again()
		if err != nil {
			t.Fatal(err)
		}
		chain, err := s.Chain(key("shell"))
		if err != nil || len(chain) != 2 || chain[0].Title != "boot" || chain[1].Title != "shell" || chain[0].Sum != made.Sum {
			t.Fatalf("got %v, %v", chain, err)
		}
		c := chain[1]
		if text, err := os.ReadFile(c.Path("disk")); err != nil || string(text) != "shell disk" {
			t.Errorf("the disk is %q, %v", text, err)
		}
		if c.Data == nil || len(c.Facts) != 1 || c.Took == 0 || c.Made.IsZero() || c.Parent != chain[0].Key || len(c.Files) != 2 {
			t.Errorf("meta data is lost: %+v", c.Meta)
		}
		if err := c.Verify(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if c, err := s.Find("../" + key("x")); c != nil || err == nil {
		t.Errorf("a key that is none: %v, %v", c, err)
	}
}

func TestPublishKeepsTheFirst(t *testing.T) {
	s := openStore(t)
	first := put(t, s, "boot", "")
	second, err := s.Draft()
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := second.Publish(t.Context(), Meta{Key: key("boot")}); !errors.Is(err, ErrExists) {
		t.Errorf("a second one: %v", err)
	}
	if err := second.Abandon(); err != nil {
		t.Error(err)
	}
	if c, err := s.Find(key("boot")); err != nil || c.Sum != first.Sum {
		t.Errorf("the second one replaced the first: %v", err)
	}
	if err := os.WriteFile(first.Path("ram"), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	third := put(t, s, "boot", "") // in place of a damaged one
	if third.Sum == first.Sum {
		t.Error("a damaged one stayed")
	}
	if err := third.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if all := names(t, s.dir); len(all) != 5 {
		t.Errorf("the store has %v", all)
	}
}

func TestPublishRefuses(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		fill func(d *Draft) error
		meta Meta
	}{
		"a bad key":             {meta: Meta{Key: "abc"}},
		"a parent that is none": {meta: Meta{Key: key("a"), Parent: key("b")}},
		"another parent":        {meta: Meta{Key: key("a"), Parent: key("boot"), ParentSum: key("b")}},
		"a folder":              {meta: Meta{Key: key("a")}, fill: func(d *Draft) error { return os.Mkdir(d.Path("x"), 0o700) }},
		"a link":                {meta: Meta{Key: key("a")}, fill: func(d *Draft) error { return os.Symlink("/etc/passwd", d.Path("x")) }},
		"its own meta data":     {meta: Meta{Key: key("a")}, fill: func(d *Draft) error { return os.WriteFile(d.Path(metaName), nil, 0o600) }},
		"it was interrupted":    {meta: Meta{Key: key("a")}, ctx: cancelled, fill: func(d *Draft) error { return os.WriteFile(d.Path("x"), nil, 0o600) }},
		"data that is no JSON":  {meta: Meta{Key: key("a"), Data: []byte("{")}},
	} {
		t.Run(name, func(t *testing.T) {
			s := openStore(t)
			put(t, s, "boot", "")
			before := names(t, s.dir)
			d, err := s.Draft()
			if err != nil {
				t.Fatal(err)
			}
			if c.fill != nil {
				if err := c.fill(d); err != nil {
					t.Fatal(err)
				}
			}
			if c.ctx == nil {
				c.ctx = t.Context()
			}
			if got, _, err := d.Publish(c.ctx, c.meta); got != nil || err == nil {
				t.Errorf("got %v, %v", got, err)
			}
			if err := d.Abandon(); err != nil {
				t.Error(err)
			}
			if after := names(t, s.dir); !slices.Equal(before, after) {
				t.Errorf("left behind: %v", after)
			}
			if _, _, err := d.Publish(t.Context(), Meta{Key: key("a")}); err == nil {
				t.Error("published twice")
			}
		})
	}
}

func TestKill9LeavesNothing(t *testing.T) {
	s := openStore(t)
	put(t, s, "boot", "")
	before := names(t, s.dir)
	mine, err := s.Draft()
	if err != nil {
		t.Fatal(err)
	}
	o := start(t, s, "draft")
	if _, err := Open(s.dir); err != nil || len(names(t, s.dir)) != len(before)+2 {
		t.Errorf("the drafts of living processes: %v, %v", names(t, s.dir), err)
	}
	o.kill()
	if _, err := Open(s.dir); err != nil || len(names(t, s.dir)) != len(before)+1 {
		t.Errorf("after one died: %v, %v", names(t, s.dir), err)
	}
	if _, err := os.Stat(mine.Dir); err != nil {
		t.Errorf("our own draft: %v", err)
	}
	if err := errors.Join(mine.Abandon(), mine.Abandon()); err != nil {
		t.Error(err)
	}
	if after := names(t, s.dir); !slices.Equal(before, after) {
		t.Errorf("left behind: %v", after)
	}
}

func TestOpenSweeps(t *testing.T) {
	s := openStore(t)
	put(t, s, "boot", "")
	keep := names(t, s.dir)
	for _, dir := range []string{"trash-X/below", "draft-X", "draft-Y/below", "records/artifacts"} {
		if err := os.MkdirAll(s.path(dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"trash-X/below/a", "draft-Y/lock", ".draft-secret", "records/artifacts/.draft-X", "records/artifacts/a.json", "claims/" + key("a")} {
		if err := os.WriteFile(s.path(file), nil, 0o444); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(s.dir); err != nil {
		t.Fatal(err)
	}
	if left := names(t, s.dir); !slices.Equal(left, keep) {
		t.Errorf("left: %v", left)
	}
	if left := append(names(t, s.path("claims")), names(t, s.path("records", "artifacts"))...); !slices.Equal(left, []string{"a.json"}) {
		t.Errorf("left: %v", left)
	}
}

func TestSecret(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "checkpoints")
	var all sync.WaitGroup
	secrets := make([][]byte, 16)
	for i := range secrets {
		all.Go(func() {
			s, err := Open(dir)
			if err != nil {
				t.Error(err)
				return
			}
			secrets[i] = s.Secret()
		})
	}
	all.Wait()
	for _, secret := range secrets {
		if len(secret) != secretSize || !bytes.Equal(secret, secrets[0]) {
			t.Fatalf("secrets differ: %x", secrets)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(dir); err != nil || len(s.Secret()) != secretSize {
		t.Errorf("after damage: %v", err)
	}
}

// TestPrivate is about a file mode mask of this process: it runs alone.
func TestPrivate(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	dir := filepath.Join(t.TempDir(), "checkpoints")
	if err := os.Mkdir(dir, 0o777); err != nil { // made by somebody who did not care
		t.Fatal(err)
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "boot", "")
	if err := s.PutRecord("artifacts", "a", 1); err != nil {
		t.Fatal(err)
	}
	release, _, err := s.TryClaim(key("a"))
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	d, err := s.Draft()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Abandon() //nolint:errcheck // the folder of the test is removed
	seen := 0
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		want := fs.FileMode(0o600)
		if e.IsDir() {
			want = 0o700
		}
		if err == nil && info.Mode().Perm() != want {
			t.Errorf("%s has mode %v", strings.TrimPrefix(path, dir), info.Mode())
		}
		seen++
		return err
	})
	if err != nil || seen < 12 {
		t.Errorf("%d seen, %v", seen, err)
	}
}
