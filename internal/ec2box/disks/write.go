package disks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// ErrComplete says that a snapshot takes no more blocks.
var ErrComplete = errors.New("it is complete")

// WriteBlock puts a block of BlockSize bytes in its place; the sum is kept for
// Written. Any number of blocks may be written side by side.
func (sn *Snapshot) WriteBlock(block int, data []byte, sum Sum) error {
	if sn.IsComplete() {
		return ErrComplete
	}
	if block < 0 || block >= sn.Count() || len(data) != BlockSize {
		return fmt.Errorf("block %d of %d bytes is not one of this disk's", block, len(data))
	}
	if _, err := sn.layers[0].WriteAt(data, int64(block)*BlockSize); err != nil {
		return err
	}
	if _, err := sn.sums.WriteAt(sum[:], int64(block)*int64(len(sum))); err != nil {
		return err
	}
	return sn.mark(block)
}

func (sn *Snapshot) mark(block int) error {
	sn.mu.Lock()
	defer sn.mu.Unlock()
	sn.index[block] = 1
	_, err := sn.marks.WriteAt([]byte{1}, int64(block))
	return err
}

// Written lists the blocks that were written to this snapshot itself, ascending,
// with their sums.
func (sn *Snapshot) Written() (blocks []int, sums []Sum, err error) {
	sn.mu.RLock()
	defer sn.mu.RUnlock()
	for i, layer := range sn.index {
		if layer != 1 {
			continue
		}
		var sum Sum
		if _, err := sn.sums.ReadAt(sum[:], int64(i)*int64(len(sum))); err != nil && !errors.Is(err, io.EOF) {
			return nil, nil, err
		}
		blocks, sums = append(blocks, i), append(sums, sum)
	}
	return blocks, sums, nil
}

// ToFile writes the disk to a new sparse raw file.
func (sn *Snapshot) ToFile(ctx context.Context, path string) error {
	sn.mu.RLock()
	defer sn.mu.RUnlock()
	return sn.flatten(ctx, path)
}

// flatten needs the lock held.
func (sn *Snapshot) flatten(ctx context.Context, path string) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.Truncate(sn.Size()); err != nil {
		return err
	}
	data, zeroes := make([]byte, BlockSize), make([]byte, BlockSize)
	for i, layer := range sn.index {
		if layer == 0 {
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		at := int64(i) * BlockSize
		if n, err := sn.layers[layer-1].ReadAt(data, at); errors.Is(err, io.EOF) {
			clear(data[n:])
		} else if err != nil {
			return err
		}
		if bytes.Equal(data, zeroes) {
			continue
		}
		if _, err := f.WriteAt(data, at); err != nil {
			return err
		}
	}
	return nil
}

// Changed lists the blocks, ascending, that were written between two snapshots,
// or exist in one only. It is false for two that have no ancestor in common.
func Changed(first, second *Snapshot) (blocks []int, related bool) {
	a, b := first.origins(), second.origins()
	for i := range max(len(a), len(b)) {
		if at(a, i) != at(b, i) {
			blocks = append(blocks, i)
		}
	}
	return blocks, slices.ContainsFunc(first.facts.Lineage, func(id string) bool {
		return slices.Contains(second.facts.Lineage, id)
	})
}

// origins names the layer of each block, "" for a hole.
func (sn *Snapshot) origins() []string {
	sn.mu.RLock()
	defer sn.mu.RUnlock()
	all := make([]string, len(sn.index))
	for i, layer := range sn.index {
		if layer > 0 {
			all[i] = sn.facts.Layers[layer-1]
		}
	}
	return all
}

func at(all []string, i int) string {
	if i < len(all) {
		return all[i]
	}
	return ""
}
