package journal

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/ovenbird-io/ovenbird/internal/filelock"
)

const suffix = ".journal"

// story is the most that follows the first line of an entry, in bytes.
const story = 1024

// record is one line. The first of a claim has the entry.
type record struct {
	Claim    int
	Entry    *Entry `json:",omitempty"`
	ID       string `json:",omitempty"`
	Finished bool   `json:",omitempty"`
	Struck   bool   `json:",omitempty"`
}

// file is a file of the journal that we have locked.
type file struct {
	*os.File
	size int64         // bytes written
	room int64         // bytes of the file: after what is written come empty lines
	next int           // number of the next claim
	open map[int]Entry // entries that are not struck out
}

// create makes a new file.
func create(dir string) (*file, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	for {
		f, err := filelock.Acquire(filepath.Join(dir, rand.Text()+suffix), filelock.TryExclusive)
		if err != nil {
			return nil, err
		}
		if f == nil { // somebody looks whether it is a dead run's
			continue
		}
		made := &file{File: f, open: map[int]Entry{}}
		if err := syncDir(dir); err != nil {
			return nil, errors.Join(err, made.remove())
		}
		return made, nil
	}
}

// take locks a file that another process has left; nil if it lives, or if there
// is no such file any more.
func take(path string) (*file, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil, nil //nolint:nilnil // the comment says so
	}
	f, err := filelock.Acquire(path, filelock.TryExclusive)
	if f == nil || err != nil {
		return nil, err
	}
	taken := &file{File: f, open: map[int]Entry{}}
	if err := taken.read(); err != nil {
		return nil, errors.Join(fmt.Errorf("reading the journal: %w", err), f.Close())
	}
	return taken, nil
}

func (f *file) read() error {
	text, err := io.ReadAll(f.File)
	if err != nil {
		return err
	}
	f.parse(text)
	f.room = int64(len(text))
	f.size = int64(len(bytes.TrimRight(text, "\n")))
	if f.size == 0 {
		return nil
	}
	f.size++ // with the end of its line, which a crash may have left away
	f.room = max(f.room, f.size)
	_, err = f.WriteAt([]byte("\n"), f.size-1)
	return err
}

func (f *file) parse(text []byte) {
	for line := range bytes.Lines(text) {
		if r, ok := parse(line); ok {
			f.apply(r)
		}
	}
}

func (f *file) apply(r record) {
	e, known := f.open[r.Claim]
	switch {
	case r.Entry != nil:
		e = *r.Entry
	case !known:
		return
	case r.Struck:
		delete(f.open, r.Claim)
		return
	case r.ID != "":
		e.ID = r.ID
	case r.Finished:
		e.Finished = true
	}
	f.open[r.Claim] = e
	f.next = max(f.next, r.Claim+1)
}

// append writes a record to the disk; after it there is room for the stories of
// all that is open, and of so many more.
func (f *file) append(r record, more int) error {
	line, err := r.line()
	if err != nil {
		return err
	}
	if more > 0 {
		if err := f.reserve(f.size + int64(len(line)) + int64(len(f.open)+more)*story); err != nil {
			return err
		}
	}
	if _, err = f.WriteAt(line, f.size); err == nil {
		err = unix.Fdatasync(int(f.Fd()))
	}
	if err != nil {
		_, blank := f.WriteAt(bytes.Repeat([]byte("\n"), len(line)), f.size)
		return errors.Join(err, blank)
	}
	f.size += int64(len(line))
	f.room = max(f.room, f.size)
	f.apply(r)
	return nil
}

// reserve makes the file so large, with empty lines: a disk that fills up later
// does not keep us from writing there.
func (f *file) reserve(size int64) error {
	if size <= f.room {
		return nil
	}
	if _, err := f.WriteAt(bytes.Repeat([]byte("\n"), int(size-f.room)), f.room); err != nil {
		return errors.Join(err, f.Truncate(f.room))
	}
	f.room = size
	return nil
}

// remove removes the file and unlocks it.
func (f *file) remove() error {
	return errors.Join(os.Remove(f.Name()), f.Close())
}

// claims are the numbers of what is open, as it was made.
func (f *file) claims() []int { return slices.Sorted(maps.Keys(f.open)) }

func (r record) line() ([]byte, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "%08x %s\n", crc32.ChecksumIEEE(body), body), nil
}

func parse(line []byte) (r record, ok bool) {
	sum, body, ok := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
	if !ok || string(sum) != fmt.Sprintf("%08x", crc32.ChecksumIEEE(body)) {
		return record{}, false
	}
	return r, json.Unmarshal(body, &r) == nil
}

// syncDir makes the name of a new file last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) { // not every file system can
		err = nil
	}
	return errors.Join(err, d.Close())
}
