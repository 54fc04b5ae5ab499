// Package pace slows calls down to what a service bears, for all who call it
// from this machine together: the pace of a service stands in a small file, that
// builds and other processes share.
package pace

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Folder has the paces of services. The zero value shares them with nobody else.
type Folder struct {
	Dir string // where they stand, "" for nowhere

	mu  sync.Mutex
	all map[string]*Pace
}

// Of is the pace of the service that these words tell from all others.
func (f *Folder) Of(words ...string) *Pace {
	name := fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(words, "\n"))))[:16]
	f.mu.Lock()
	defer f.mu.Unlock()
	if p, ok := f.all[name]; ok {
		return p
	}
	if f.all == nil {
		f.all = map[string]*Pace{}
	}
	p := &Pace{file: open(f.Dir, name)}
	f.all[name] = p
	return p
}

// open gives the file of a pace, nil if there can be none: then it is not shared.
func open(dir, name string) *os.File {
	if dir == "" {
		return nil
	}
	dir = filepath.Join(dir, "pace")
	if os.MkdirAll(dir, 0o700) != nil {
		return nil
	}
	file, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil
	}
	return file
}

// Pace is how fast one service may be called.
type Pace struct {
	mu   sync.Mutex
	own  state
	file *os.File
}

// Wait waits until one more call may be made.
func (p *Pace) Wait(ctx context.Context) error {
	var wait time.Duration
	p.change(func(s *state) { wait = s.take(time.Now()) })
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Slow says that the service found it too fast.
func (p *Pace) Slow() {
	p.change(func(s *state) { s.slow(time.Now()) })
}

// change changes the state that all share. What cannot be read or written is
// taken from this process alone: to be too fast is no disaster.
func (p *Pace) change(do func(*state)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil || syscall.Flock(int(p.file.Fd()), syscall.LOCK_EX) != nil {
		do(&p.own)
		return
	}
	defer syscall.Flock(int(p.file.Fd()), syscall.LOCK_UN) //nolint:errcheck // it ends with us
	text := make([]byte, size)
	if n, _ := p.file.ReadAt(text, 0); n > 0 {
		var shared state
		if json.Unmarshal(text[:n], &shared) == nil {
			p.own = shared
		}
	}
	do(&p.own)
	if text, err := json.Marshal(p.own); err == nil && len(text) < size {
		_, _ = p.file.WriteAt([]byte(fmt.Sprintf("%-*s", size, text)), 0)
	}
}

const size = 512 // bytes of the file
