//go:build vm

package acceptance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/filelock"
	"github.com/rogpeppe/go-internal/testscript"
)

// storeIn is the store in a cache folder.
func storeIn(cache string) string { return filepath.Join(cache, "ovenbird", "checkpoints") }

// after finds the machines that are remembered after steps of this name.
func after(s *checkpoint.Store, name string) ([]checkpoint.Info, error) {
	all, err := s.List()
	if err != nil {
		return nil, err
	}
	found := slices.DeleteFunc(all, func(i checkpoint.Info) bool {
		return i.Title != name && !strings.HasSuffix(i.Title, " ("+name+")")
	})
	if len(found) == 0 {
		return nil, fmt.Errorf("no machine is remembered after %s", name)
	}
	return found, nil
}

// own-store DIR STEP: makes DIR the script's cache folder, with the machine that
// is remembered after the step, all that it stands on, and all records.
func ownStore(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: own-store DIR STEP")
	}
	from, to := storeIn(ts.Getenv("XDG_CACHE_HOME")), storeIn(ts.MkAbs(args[0]))
	s, err := checkpoint.Open(from)
	ts.Check(err)
	tops, err := after(s, args[1])
	ts.Check(err)
	dirs := []string{filepath.Join(from, "records")}
	for _, top := range tops {
		chain, err := s.Chain(top.Key)
		ts.Check(err)
		for _, c := range chain {
			dirs = append(dirs, c.Dir)
		}
	}
	ts.Check(os.MkdirAll(to, 0o700))
	ts.Check(copyFile(filepath.Join(from, "secret"), filepath.Join(to, "secret")))
	for _, dir := range dirs {
		rel, err := filepath.Rel(from, dir)
		ts.Check(err)
		ts.Check(copyTree(dir, filepath.Join(to, rel)))
	}
	ts.Setenv("XDG_CACHE_HOME", ts.MkAbs(args[0]))
}

func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(from, path)
		if errors.Is(err, fs.ErrNotExist) || strings.HasPrefix(d.Name(), ".") {
			return nil // another script's, which was just being written
		}
		if err := errors.Join(err, relErr); err != nil || !d.IsDir() {
			return errors.Join(err, copyFile(path, filepath.Join(to, rel)))
		}
		return os.MkdirAll(filepath.Join(to, rel), 0o700)
	})
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// flip STEP FILE or flip records KIND: flips a bit in the middle of a file of the
// machines remembered after the step, or of every record of that kind. Only in
// a store of the script's own.
func flip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: flip STEP FILE")
	}
	store := storeIn(ts.Getenv("XDG_CACHE_HOME"))
	if !strings.HasPrefix(store, ts.Getenv("WORK")) {
		ts.Fatalf("that store is not this script's; use own-store first")
	}
	files, err := filepath.Glob(filepath.Join(store, "records", args[1], "*.json"))
	ts.Check(err)
	if args[0] != "records" {
		s, err := checkpoint.Open(store)
		ts.Check(err)
		found, err := after(s, args[0])
		ts.Check(err)
		files = nil
		for _, i := range found {
			files = append(files, filepath.Join(store, i.Key, args[1]))
		}
	}
	if len(files) == 0 {
		ts.Fatalf("there is no such file")
	}
	for _, path := range files {
		ts.Check(flipBit(path))
	}
}

func flipBit(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	one := make([]byte, 1)
	if err == nil {
		_, err = f.ReadAt(one, info.Size()/2)
	}
	if err == nil {
		one[0] ^= 0x10
		_, err = f.WriteAt(one, info.Size()/2)
	}
	return errors.Join(err, f.Close())
}

// logins FILE: demands that the store is private to its owner, and writes the
// keys that the remembered machines are entered with to the file, line by line.
func logins(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: logins FILE")
	}
	dir := storeIn(ts.Getenv("XDG_CACHE_HOME"))
	ts.Check(private(dir))
	s, err := checkpoint.Open(dir)
	ts.Check(err)
	all, err := s.List()
	ts.Check(err)
	lines := map[string]bool{}
	for _, i := range all {
		c, err := s.Find(i.Key)
		ts.Check(err)
		if c == nil {
			continue
		}
		var data struct {
			Login struct{ Key, Public string }
		}
		ts.Check(json.Unmarshal(c.Data, &data))
		for _, line := range append(strings.Split(data.Login.Key, "\n")[2:], strings.Fields(data.Login.Public)[1]) {
			if len(line) > 24 && !strings.HasPrefix(line, "-") {
				lines[line] = true
			}
		}
	}
	var text strings.Builder
	for line := range lines {
		fmt.Fprintln(&text, line)
	}
	if text.Len() == 0 {
		ts.Fatalf("there are no keys")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text.String()), 0o600))
}

// private demands modes 0700 and 0600.
func private(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a draft that was just finished
		}
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return nil //nolint:nilerr // the same
		}
		draft := strings.Contains(path, "/draft-")
		if mode := info.Mode().Perm(); mode != 0o600 && !d.IsDir() && !draft || mode != 0o700 && d.IsDir() {
			return fmt.Errorf("%s has mode %o", path, mode)
		}
		return nil
	})
}

// sound demands of a store that nobody uses that all in it is whole, nothing is
// unfinished, and no lock is held.
func (l *lab) sound(ctx context.Context) error {
	verify := run{binary: l.binary, dir: l.dir, env: l.environ(), args: []string{"cache", "verify"}}
	if err := verify.expect(ctx, 0); err != nil {
		return err
	}
	return filepath.WalkDir(storeIn(l.cache()), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.Contains(d.Name(), "draft-") || strings.HasPrefix(d.Name(), "trash-") {
			return fmt.Errorf("%s is left", path)
		}
		if d.Name() != "lock" && filepath.Base(filepath.Dir(path)) != "claims" {
			return nil
		}
		f, err := filelock.Acquire(path, filelock.TryExclusive)
		if err == nil && f == nil {
			return fmt.Errorf("%s is locked", path)
		}
		return errors.Join(err, f.Close())
	})
}
