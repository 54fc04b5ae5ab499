package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// diskError is trouble on this side, which another mirror would not cure.
type diskError struct{ err error }

func (e *diskError) Error() string { return e.err.Error() }
func (e *diskError) Unwrap() error { return e.err }

func onDisk(err error) error {
	if err == nil {
		return nil
	}
	return &diskError{err}
}

// part is an unfinished download. Its lock is what makes parallel builds and
// processes wait for each other; the kernel lifts it when a process dies.
type part struct{ *os.File }

// lockPart opens and locks the unfinished download of the file final, making
// it if there is none. busy is called once when another holds it.
func lockPart(ctx context.Context, final string, busy func()) (*part, error) {
	name := final + ".part"
	for {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, onDisk(err)
		}
		if err := lock(ctx, f, busy); err != nil {
			return nil, err
		}
		// While we waited the other may have finished and renamed the file:
		// then ours is the wrong one.
		mine, err := f.Stat()
		if err != nil {
			return nil, onDisk(errors.Join(err, f.Close()))
		}
		if now, err := os.Stat(name); err == nil && os.SameFile(mine, now) {
			return &part{f}, nil
		}
		if err := f.Close(); err != nil {
			return nil, onDisk(err)
		}
	}
}

// lock waits for the lock of f or the end of ctx, and closes f if there is none.
func lock(ctx context.Context, f *os.File, busy func()) error {
	err := flock(f, syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return nil
	}
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return onDisk(errors.Join(&fs.PathError{Op: "lock", Path: f.Name(), Err: err}, f.Close()))
	}
	busy()
	got := make(chan error, 1)
	go func() { got <- flock(f, syscall.LOCK_EX) }()
	select {
	case err := <-got:
		if err != nil {
			return onDisk(errors.Join(&fs.PathError{Op: "lock", Path: f.Name(), Err: err}, f.Close()))
		}
		return nil
	case <-ctx.Done():
		// The kernel call cannot be cancelled; closing lifts what it gets.
		go func() { <-got; f.Close() }()
		return context.Cause(ctx)
	}
}

func flock(f *os.File, how int) error {
	for {
		if err := syscall.Flock(int(f.Fd()), how); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// size is how much has been downloaded.
func (p *part) size() (int64, error) {
	info, err := p.Stat()
	if err != nil {
		return 0, onDisk(err)
	}
	return info.Size(), nil
}

// restart throws away what has been downloaded.
func (p *part) restart() error {
	if err := p.Truncate(0); err != nil {
		return onDisk(err)
	}
	_, err := p.Seek(0, 0)
	return onDisk(err)
}

// finish gives the download its name. Only whole, checked files get there.
func (p *part) finish(final string) error {
	if err := p.Sync(); err != nil {
		return onDisk(err)
	}
	return onDisk(os.Rename(p.Name(), final))
}

// drop removes a download that is not needed or is bad.
func (p *part) drop() error { return onDisk(os.Remove(p.Name())) }

// origin is what a server said of a file without a known digest: how to ask
// whether it has changed.
type origin struct {
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"last_modified,omitempty"`
}

// validator is what proves to a server that we hold a piece of the same file.
func (o origin) validator() string {
	if o.ETag != "" && o.ETag[0] == '"' { // weak ones do not do for ranges
		return o.ETag
	}
	return o.Modified
}

// loadOrigin reads what an earlier run wrote; nothing readable is nothing known.
func loadOrigin(name string) origin {
	var o origin
	b, err := os.ReadFile(name)
	if err != nil || json.Unmarshal(b, &o) != nil {
		return origin{}
	}
	return o
}

func (o origin) save(name string) error {
	b, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return onDisk(os.WriteFile(name, b, 0o644))
}

// stamp remembers that a file was checked. Its name tells its digest, so what
// has to be known is whether it was touched since: size and time of change.
func stamp(name string) error {
	return onDisk(os.WriteFile(name+".checked", []byte(state(name)), 0o644))
}

// stamped tells whether a file is as it was when it was checked.
func stamped(name string) bool {
	was, err := os.ReadFile(name + ".checked")
	return err == nil && len(was) > 0 && string(was) == state(name)
}

func state(name string) string {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return fmt.Sprintf("%d bytes, %s\n", info.Size(), info.ModTime().UTC().Format(time.RFC3339Nano))
}
