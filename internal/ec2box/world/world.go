package world

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/disks"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
)

// World is all there is. Its records are read and changed only while it is
// Locked, which a Call is from its beginning to its end.
type World struct {
	Account  string // its number
	Machines Machines
	Timing   Timing
	Store    *disks.Store
	Names    []string // of the regions, the first one first

	// NoCapacity says which types cannot be had in which zones; nil for none.
	NoCapacity func(kind, zone string) bool

	state
	Running map[string]Machine   // by instance, not kept
	Hidden  map[string]time.Time // until when an id is not found, not kept

	holds holds

	mu    sync.Mutex
	file  string
	dirty bool
	ctx   context.Context
	end   context.CancelCauseFunc
	work  sync.WaitGroup
	log   func(string)
}

// state is what is kept on disk.
type state struct {
	Regions  map[string]*record.Region
	Roles    map[string]*record.Role
	Profiles map[string]*record.Profile
	Sessions map[string]*record.Session // by access key
	Tokens   map[string]*Token          // by region, action and client token
}

// Token is the answer that a client token got.
type Token struct{ Request, Body string }

// Options say what a world is like.
type Options struct {
	Dir      string
	Regions  []string
	Account  string
	Machines Machines
	Timing   Timing
	Log      func(string)
}

var errClosed = errors.New("the sandbox ends")

// Open makes a world, or goes on with the one of its folder.
func Open(o Options) (*World, error) {
	store, err := disks.Open(filepath.Join(o.Dir, "disks"))
	if err != nil {
		return nil, err
	}
	w := &World{
		Account: o.Account, Machines: o.Machines, Timing: o.Timing, Store: store, Names: o.Regions,
		Running: map[string]Machine{}, Hidden: map[string]time.Time{}, file: filepath.Join(o.Dir, "state.json"), log: o.Log,
	}
	w.ctx, w.end = context.WithCancelCause(context.Background())
	raw, err := os.ReadFile(w.file)
	if err == nil {
		err = json.Unmarshal(raw, &w.state)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		store.Close()
		return nil, fmt.Errorf("reading the sandbox's state: %w", err)
	}
	record.Empty(&w.Regions)
	record.Empty(&w.Roles)
	record.Empty(&w.Profiles)
	record.Empty(&w.Sessions)
	record.Empty(&w.Tokens)
	for _, name := range o.Regions {
		if w.Regions[name] == nil {
			w.Regions[name] = &record.Region{Name: name}
		}
	}
	for _, r := range w.Regions {
		r.Fill()
		wake(r)
	}
	return w, nil
}

// wake brings the records to what is left of them after an end of the sandbox.
func wake(r *record.Region) {
	lost := &record.Reason{Code: "Server.InternalError", Message: "Server.InternalError: the sandbox was ended meanwhile"}
	for _, i := range r.Instances {
		i.Booting, i.Rebooting = false, false
		switch {
		case i.Is("pending", "running", "stopping"):
			i.State, i.StateReason, i.PublicIP, i.PublicDNS = record.StateOf("stopped"), lost, "", ""
		}
	}
	for _, i := range r.Images {
		if i.State == "pending" {
			i.State, i.StateReason = "failed", lost
		}
	}
	for _, s := range r.Snapshots {
		if s.State == "pending" && !s.Direct {
			s.State, s.Message = "error", lost.Message
		}
	}
}

// Close ends all machines and waits for what goes on.
func (w *World) Close(ctx context.Context) error {
	w.end(errClosed)
	w.work.Wait()
	var errs []error
	w.Change(func() {
		for id, m := range w.Running {
			delete(w.Running, id)
			errs = append(errs, m.Terminate(ctx))
		}
	})
	w.Store.Close()
	return errors.Join(errs...)
}

// Lock makes the world the caller's.
func (w *World) Lock() { w.mu.Lock() }

// Unlock gives it back, and keeps on disk what changed.
func (w *World) Unlock() {
	defer w.mu.Unlock()
	if !w.dirty {
		return
	}
	if err := w.save(); err != nil {
		w.Log("keeping the state: " + err.Error())
	}
	w.dirty = false
}

func (w *World) save() error {
	raw, err := json.Marshal(w.state)
	if err != nil {
		return err
	}
	if err := os.WriteFile(w.file+".new", raw, 0o600); err != nil {
		return err
	}
	return os.Rename(w.file+".new", w.file)
}

// Change is a moment in which the world is changed outside of a Call.
func (w *World) Change(f func()) {
	w.Lock()
	defer w.Unlock()
	w.dirty = true
	f()
}

// Work does something that takes long, while the world goes on; then it lets
// the outcome change the world. It is not done when the world ends.
func (w *World) Work(wait time.Duration, do func(context.Context) error, then func(error)) {
	w.work.Go(func() {
		var err error
		if do != nil {
			err = do(w.ctx)
		}
		select {
		case <-time.After(wait):
		case <-w.ctx.Done():
		}
		if w.ctx.Err() == nil {
			w.Change(func() { then(err) })
		}
	})
}

// Log tells who listens.
func (w *World) Log(line string) {
	if w.log != nil {
		w.log(line)
	}
}

// NewID is an id that nothing has.
func NewID(prefix string) string {
	b := make([]byte, 9)
	_, _ = rand.Read(b) // it never fails
	return prefix + "-" + hex.EncodeToString(b)[:17]
}

// Now is the time as EC2 writes it.
func Now() string { return Stamp(time.Now()) }

// Stamp is a time as EC2 writes it.
func Stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// Inspect lists all that is there.
func (w *World) Inspect() record.Inventory {
	w.Lock()
	defer w.Unlock()
	var all record.Inventory
	for _, r := range record.Sorted(w.Regions) {
		all = append(all, r.Inventory()...)
	}
	for _, r := range record.Sorted(w.Roles) {
		all = append(all, record.Resource{Kind: "role", ID: r.Name, Name: r.Name})
	}
	for _, p := range record.Sorted(w.Profiles) {
		all = append(all, record.Resource{Kind: "instance-profile", ID: p.Name, Name: p.Name})
	}
	return all
}
