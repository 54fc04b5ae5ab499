package digest

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// memory counts what is kept and what is found.
type memory struct {
	docs        map[string][]byte
	puts, finds int
	err         error
}

func (m *memory) PutRecord(kind, key string, v any) error {
	m.puts++
	text, err := json.Marshal(v)
	m.docs[kind+"/"+key] = text
	return errors.Join(err, m.err)
}

func (m *memory) Record(kind, key string, into any) (bool, error) {
	text, ok := m.docs[kind+"/"+key]
	if !ok {
		return false, m.err
	}
	m.finds++
	return true, json.Unmarshal(text, into)
}

const (
	abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	xyz = "3608bca1e44ea6c4d268eb6db02260269892c0b42b86bbf1e77a6fa16c3c9282"
)

// TestSHA256 reads a file, does something to it, and reads it again.
func TestSHA256(t *testing.T) {
	old := time.Date(2020, 1, 2, 3, 4, 5, 6, time.UTC)
	for name, c := range map[string]struct {
		then    func(path string) error
		at      time.Duration // when both are read, after now
		want    string
		refound bool // the second one is not read
	}{
		"unchanged":    {func(string) error { return nil }, time.Hour, abc, true},
		"just changed": {func(string) error { return nil }, 0, abc, true},
		"changed, its time set back": {func(path string) error {
			return errors.Join(os.WriteFile(path, []byte("xyz"), 0o600), os.Chtimes(path, old, old))
		}, time.Hour, xyz, false},
		"replaced": {func(path string) error {
			return errors.Join(os.WriteFile(path+"2", []byte("xyz"), 0o600), os.Chtimes(path+"2", old, old), os.Rename(path+"2", path))
		}, time.Hour, xyz, false},
	} {
		t.Run(name, func(t *testing.T) {
			m := &memory{docs: map[string][]byte{}}
			path := filepath.Join(t.TempDir(), "base.img")
			if err := errors.Join(os.WriteFile(path, []byte("abc"), 0o600), os.Chtimes(path, old, old)); err != nil {
				t.Fatal(err)
			}
			ticked(t, path)
			if got, err := sha(t.Context(), m, path, time.Now().Add(c.at)); got != abc || err != nil {
				t.Fatalf("got %s, %v", got, err)
			}
			if err := c.then(path); err != nil {
				t.Fatal(err)
			}
			puts := m.puts
			if got, err := sha(t.Context(), m, path, time.Now().Add(c.at)); got != c.want || err != nil {
				t.Errorf("got %s, %v", got, err)
			}
			if c.refound != (m.puts == puts && m.finds == 1) {
				t.Errorf("%d kept, %d found", m.puts, m.finds)
			}
		})
	}
}

// TestSettle asks whether a change from now on would show.
func TestSettle(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, c := range map[string]struct {
		stamp, age time.Duration // of the last change: behind the full second, and before now
		want       bool
	}{
		"long ago":                     {1, time.Hour, true},
		"within a tick, waited for":    {1, time.Millisecond, true},
		"by a clock that is ahead":     {1, -time.Second, false},
		"full seconds, a moment ago":   {0, time.Second, false},
		"full seconds, a while ago":    {0, 3 * time.Second, true},
		"full seconds, clock is ahead": {0, -time.Second, false},
	} {
		last := at.Add(c.stamp)
		i := identity{Mtime: at.UnixNano() - 1e9, Ctime: last.UnixNano()}
		if got := i.settle(t.Context(), last.Add(c.age)); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if (identity{Ctime: at.UnixNano() + 1}).settle(ended, at) {
		t.Error("interrupted: settled")
	}
}

// ticked returns when the clock of the file system is past the file's change.
func ticked(t *testing.T, path string) {
	t.Helper()
	change := func(path string) int64 {
		var st syscall.Stat_t
		if err := syscall.Stat(path, &st); err != nil {
			t.Fatal(err)
		}
		return st.Ctim.Nano()
	}
	for probe := path + ".probe"; ; {
		if err := os.WriteFile(probe, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if change(probe) > change(path) {
			return
		}
	}
}

// TestRelink has a file get another link, or more than that.
func TestRelink(t *testing.T) {
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		do    func(path string) error
		known bool
		err   error
	}{
		"a link":    {func(path string) error { return os.Link(path, path+".link") }, true, nil},
		"nothing":   {func(string) error { return nil }, true, nil},
		"it failed": {func(string) error { return boom }, true, boom},
		"a write":   {func(path string) error { return os.WriteFile(path, []byte("other"), 0o600) }, false, nil},
		"another file": {func(path string) error {
			return errors.Join(os.Remove(path), os.WriteFile(path, []byte("text"), 0o600))
		}, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := &memory{docs: map[string][]byte{}}
			path := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(path, []byte("text"), 0o600); err != nil {
				t.Fatal(err)
			}
			later := time.Now().Add(time.Hour)
			if _, err := sha(t.Context(), m, path, later); err != nil {
				t.Fatal(err)
			}
			if err := Relink(m, path, func() error { return c.do(path) }); !errors.Is(err, c.err) {
				t.Errorf("got %v", err)
			}
			before := m.puts
			if _, err := sha(t.Context(), m, path, later); err != nil {
				t.Fatal(err)
			}
			if read := m.puts != before; read == c.known {
				t.Errorf("it was read again: %t", read)
			}
		})
	}
	if err := Relink(nil, "none", func() error { return boom }); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
}

func TestSHA256Fails(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	broken := &memory{docs: map[string][]byte{}, err: errors.New("broken")}
	for name, c := range map[string]struct {
		ctx    context.Context
		memory Memory
		path   string
	}{
		"missing":           {t.Context(), nil, filepath.Join(dir, "none")},
		"a folder":          {t.Context(), nil, dir},
		"interrupted":       {cancelled, nil, file},
		"the memory breaks": {t.Context(), broken, file},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := SHA256(c.ctx, c.memory, c.path); got != "" || err == nil {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	if got, err := SHA256(t.Context(), nil, file); got != abc || err != nil {
		t.Errorf("without a memory: %s, %v", got, err)
	}
}

func TestCRC32C(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if size, sum, err := CRC32C(t.Context(), f); size != 9 || sum != 0xe3069283 || err != nil {
		t.Errorf("got %d, %08x, %v", size, sum, err)
	}
}
