package disks

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// Sum is the SHA-256 of a block.
type Sum = [sha256.Size]byte

// facts are what a snapshot's folder says of it in facts.json. Beside it stand
// the layers, one file each, named as here; "index", which has a byte for each
// block: 0 for a hole, else the number of its layer, counted from 1; and "sums",
// the digests of the blocks that were written since it was made.
type facts struct {
	ID       string   `json:"id"`
	SizeGiB  int64    `json:"size_gib"`
	Layers   []string `json:"layers"`  // its own first
	Lineage  []string `json:"lineage"` // itself and all that it descends from
	Complete bool     `json:"complete"`
}

// Snapshot is what a disk was at one moment. It reads as the whole disk.
type Snapshot struct {
	dir    string
	layers []*os.File

	mu    sync.RWMutex
	facts facts
	index []byte
	marks *os.File // the index on disk, while blocks are written
	sums  *os.File
}

// child makes a snapshot with the blocks of its parent, if it has one.
func child(ctx context.Context, dir, id string, parent *Snapshot, sizeGiB int64) (*Snapshot, error) {
	sn := &Snapshot{dir: dir, index: make([]byte, sizeGiB*GiB/BlockSize)}
	sn.facts = facts{ID: id, SizeGiB: sizeGiB, Layers: []string{id}, Lineage: []string{id}}
	if err := sn.addLayer(id); err != nil {
		return nil, err
	}
	if parent != nil {
		if err := sn.inherit(ctx, parent); err != nil {
			sn.close()
			return nil, err
		}
	}
	if err := sn.write(); err != nil {
		sn.close()
		return nil, err
	}
	return sn, nil
}

// addLayer makes the file of the snapshot's own blocks.
func (sn *Snapshot) addLayer(name string) error {
	f, err := os.OpenFile(filepath.Join(sn.dir, name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	sn.layers = append(sn.layers, f)
	return f.Truncate(sn.facts.SizeGiB * GiB)
}

// inherit takes the parent's layers, or what they make together when they have
// become many.
func (sn *Snapshot) inherit(ctx context.Context, parent *Snapshot) error {
	parent.mu.RLock()
	defer parent.mu.RUnlock()
	sn.facts.Lineage = append(sn.facts.Lineage, parent.facts.Lineage...)
	if len(parent.layers) >= deepest {
		name := parent.facts.ID + "-flat"
		sn.facts.Layers = append(sn.facts.Layers, name)
		for i, layer := range parent.index {
			if layer > 0 {
				sn.index[i] = 2
			}
		}
		if err := parent.flatten(ctx, filepath.Join(sn.dir, name)); err != nil {
			return err
		}
		return sn.openLayers(1)
	}
	sn.facts.Layers = append(sn.facts.Layers, parent.facts.Layers...)
	for i, layer := range parent.index {
		if layer > 0 {
			sn.index[i] = layer + 1
		}
	}
	if err := parent.linkLayers(sn.dir); err != nil {
		return err
	}
	return sn.openLayers(1)
}

// linkLayers gives another folder this snapshot's files, which never change.
func (sn *Snapshot) linkLayers(dir string) error {
	for _, name := range sn.facts.Layers {
		if err := os.Link(filepath.Join(sn.dir, name), filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// linkTo makes a complete copy in another folder, of the same files.
func (sn *Snapshot) linkTo(dir, id string) (*Snapshot, error) {
	sn.mu.RLock()
	defer sn.mu.RUnlock()
	twin := &Snapshot{dir: dir, index: slices.Clone(sn.index), facts: sn.facts}
	twin.facts.ID, twin.facts.Complete = id, true
	twin.facts.Lineage = append([]string{id}, sn.facts.Lineage...)
	if err := sn.linkLayers(dir); err != nil {
		return nil, err
	}
	if err := errors.Join(twin.openLayers(0), twin.write()); err != nil {
		twin.close()
		return nil, err
	}
	return twin, nil
}

func (sn *Snapshot) openLayers(from int) error {
	for _, name := range sn.facts.Layers[from:] {
		f, err := os.Open(filepath.Join(sn.dir, name))
		if err != nil {
			return err
		}
		sn.layers = append(sn.layers, f)
	}
	return nil
}

// write puts the index and the facts on disk, and opens what blocks are noted in.
func (sn *Snapshot) write() error {
	err := os.WriteFile(filepath.Join(sn.dir, "index"), sn.index, 0o600)
	if err == nil {
		err = sn.writeFacts()
	}
	if err != nil || sn.facts.Complete {
		return err
	}
	return sn.openNotes()
}

func (sn *Snapshot) openNotes() (err error) {
	if sn.marks, err = os.OpenFile(filepath.Join(sn.dir, "index"), os.O_RDWR, 0o600); err != nil {
		return err
	}
	sn.sums, err = os.OpenFile(filepath.Join(sn.dir, "sums"), os.O_RDWR|os.O_CREATE, 0o600)
	return err
}

func (sn *Snapshot) writeFacts() error {
	raw, err := json.Marshal(sn.facts)
	if err != nil {
		return err
	}
	next := filepath.Join(sn.dir, ".facts.json")
	if err := os.WriteFile(next, raw, 0o600); err != nil {
		return err
	}
	return os.Rename(next, filepath.Join(sn.dir, "facts.json"))
}

// load opens a snapshot that is there.
func load(dir string) (*Snapshot, error) {
	raw, err := os.ReadFile(filepath.Join(dir, "facts.json"))
	if err != nil {
		return nil, err
	}
	sn := &Snapshot{dir: dir}
	if err := json.Unmarshal(raw, &sn.facts); err != nil {
		return nil, err
	}
	if sn.index, err = os.ReadFile(filepath.Join(dir, "index")); err != nil {
		return nil, err
	}
	if len(sn.index) != sn.Count() {
		return nil, fmt.Errorf("its index has %d blocks, not %d", len(sn.index), sn.Count())
	}
	first := 0
	if !sn.facts.Complete {
		f, err := os.OpenFile(filepath.Join(dir, sn.facts.Layers[0]), os.O_RDWR, 0)
		if err != nil {
			return nil, err
		}
		sn.layers, first = append(sn.layers, f), 1
		err = sn.openNotes()
		if err != nil {
			sn.close()
			return nil, err
		}
	}
	if err := sn.openLayers(first); err != nil {
		sn.close()
		return nil, err
	}
	return sn, nil
}

func (sn *Snapshot) close() {
	for _, f := range append(slices.Clone(sn.layers), sn.marks, sn.sums) {
		if f != nil {
			_ = f.Close() // nothing is buffered
		}
	}
}

// Complete ends the writing.
func (sn *Snapshot) Complete() error {
	sn.mu.Lock()
	defer sn.mu.Unlock()
	sn.facts.Complete = true
	return sn.writeFacts()
}

// IsComplete says whether it takes no more blocks.
func (sn *Snapshot) IsComplete() bool {
	sn.mu.RLock()
	defer sn.mu.RUnlock()
	return sn.facts.Complete
}

// SizeGiB is the size of the disk, in GiB.
func (sn *Snapshot) SizeGiB() int64 { return sn.facts.SizeGiB }

// Size is the size of the disk, in bytes.
func (sn *Snapshot) Size() int64 { return sn.facts.SizeGiB * GiB }

// Count is the size of the disk, in blocks.
func (sn *Snapshot) Count() int { return int(sn.facts.SizeGiB * GiB / BlockSize) }

// Blocks lists the blocks that are there, ascending; all others are zero.
func (sn *Snapshot) Blocks() []int {
	sn.mu.RLock()
	defer sn.mu.RUnlock()
	var all []int
	for i, layer := range sn.index {
		if layer > 0 {
			all = append(all, i)
		}
	}
	return all
}

// Has says whether the block is there.
func (sn *Snapshot) Has(block int) bool {
	sn.mu.RLock()
	defer sn.mu.RUnlock()
	return block >= 0 && block < len(sn.index) && sn.index[block] > 0
}

// ReadAt reads the disk; it is an io.ReaderAt.
func (sn *Snapshot) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		at := off + int64(n)
		if at >= sn.Size() {
			return n, io.EOF
		}
		rest := min(int64(len(p)-n), BlockSize-at%BlockSize)
		if err := sn.read(p[n:n+int(rest)], at); err != nil {
			return n, err
		}
		n += int(rest)
	}
	return n, nil
}

// read reads within one block.
func (sn *Snapshot) read(p []byte, at int64) error {
	sn.mu.RLock()
	layer := sn.index[at/BlockSize]
	sn.mu.RUnlock()
	if layer == 0 {
		clear(p)
		return nil
	}
	n, err := sn.layers[layer-1].ReadAt(p, at)
	if errors.Is(err, io.EOF) { // the layer of a smaller disk
		clear(p[n:])
		return nil
	}
	return err
}
