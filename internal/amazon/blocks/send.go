package blocks

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ebs"
	"github.com/aws/aws-sdk-go-v2/service/ebs/types"
)

// tally counts blocks.
type tally struct {
	mu          sync.Mutex
	known, same int
}

func (t *tally) count(which *int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	*which++
}

// send looks at every block that may matter, several at once.
func (u *upload) send(ctx context.Context) error {
	if u.log.ending { // nothing was missing but the end
		u.tally.known, u.tally.same = len(u.log.sent), len(u.log.same)
		return nil
	}
	candidates, err := u.candidates()
	if err != nil {
		return err
	}
	u.total = int64(len(candidates)) * Size
	u.progress = u.Out.Progress("uploading to "+u.log.snapshot, u.total)
	defer u.progress.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next, done atomic.Int64
	var wait sync.WaitGroup
	for range min(u.Workers, len(candidates)) {
		wait.Go(func() {
			w := &worker{upload: u, data: make([]byte, Size)}
			for n := next.Add(1) - 1; n < int64(len(candidates)) && ctx.Err() == nil; n = next.Add(1) - 1 {
				w.percent = int32(100 * done.Load() / int64(len(candidates)))
				if err := w.block(ctx, int(candidates[n])); err != nil {
					cancel(err)
					return
				}
				done.Add(1)
				u.progress.Add(Size)
			}
		})
	}
	wait.Wait()
	return context.Cause(ctx)
}

// candidates are the blocks in which the disk or the parent has anything, in
// order; 4 bytes each.
func (u *upload) candidates() ([]int32, error) {
	var all []int32
	of := u.parent.indexes()
	add := func(i int32) {
		for ; len(of) > 0 && int32(of[0]) <= i; of = of[1:] {
			if int32(of[0]) < i {
				all = append(all, int32(of[0]))
			}
		}
		all = append(all, i)
	}
	for next := int64(0); ; { // the first block that was not looked at
		from, to, err := u.disk.Next(next * Size)
		if err != nil {
			return nil, err
		}
		if from >= u.disk.Size() {
			break
		}
		for next = max(next, from/Size); next*Size < to; next++ {
			add(int32(next))
		}
	}
	for _, i := range of {
		all = append(all, int32(i))
	}
	return all, nil
}

// worker sends blocks one after the other.
type worker struct {
	*upload
	data    []byte
	other   []byte // of the parent; nil until needed
	percent int32
}

// block sends a block if it is missing.
func (w *worker) block(ctx context.Context, i int) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	empty, err := w.read(i)
	if err != nil {
		return err
	}
	before, sent, known := w.log.had(i)
	if empty && !known && !w.parent.has(i) {
		return nil
	}
	sum := digest(sha256.Sum256(w.data))
	if known {
		if before != sum {
			return errChanged
		}
		if sent {
			w.tally.count(&w.tally.known)
		} else {
			w.tally.count(&w.tally.same)
		}
		return nil
	}
	if w.parent.has(i) {
		if w.other == nil && w.parent.digests == nil {
			w.other = make([]byte, Size)
		}
		there, err := w.parentDigest(ctx, i, w.other)
		if err != nil {
			return err
		}
		if there == sum {
			w.tally.count(&w.tally.same)
			return w.log.block("same", i, sum)
		}
	}
	if err := w.put(ctx, i, sum); err != nil {
		return err
	}
	return w.log.block("sent", i, sum)
}

// read reads a block, filled up with zeroes at the disk's end, and tells
// whether it has nothing but zeroes.
func (w *worker) read(i int) (empty bool, err error) {
	n := 0
	if at := int64(i) * Size; at < w.disk.Size() {
		n, err = w.disk.ReadAt(w.data[:min(Size, w.disk.Size()-at)], at)
		if err != nil && (!errors.Is(err, io.EOF) || int64(n) < min(Size, w.disk.Size()-at)) {
			return false, fmt.Errorf("reading the disk at %d: %w", at, err)
		}
	}
	clear(w.data[n:])
	var none [4096]byte
	for rest := w.data; len(rest) > 0; rest = rest[len(none):] {
		if !bytes.Equal(rest[:len(none)], none[:]) {
			return false, nil
		}
	}
	return true, nil
}

func (w *worker) put(ctx context.Context, i int, sum digest) error {
	return w.call(ctx, "block "+strconv.Itoa(i), func(ctx context.Context) error {
		_, err := w.client.PutSnapshotBlock(ctx, &ebs.PutSnapshotBlockInput{
			SnapshotId: &w.log.snapshot, BlockIndex: aws.Int32(int32(i)), BlockData: bytes.NewReader(w.data),
			DataLength: aws.Int32(Size), Checksum: aws.String(text(sum)), ChecksumAlgorithm: types.ChecksumAlgorithmChecksumAlgorithmSha256,
			Progress: &w.percent,
		})
		return err
	})
}

// complete closes the snapshot with the checksum of all checksums.
func (u *upload) complete(ctx context.Context) error {
	if err := u.log.write("ending"); err != nil {
		return err
	}
	in := &ebs.CompleteSnapshotInput{SnapshotId: &u.log.snapshot, ChangedBlocksCount: aws.Int32(int32(len(u.log.sent)))}
	all := sha256.New()
	for _, i := range slices.Sorted(maps.Keys(u.log.sent)) {
		d := u.log.sent[i]
		all.Write(d[:])
	}
	if len(u.log.sent) > 0 {
		in.Checksum = aws.String(text(digest(all.Sum(nil))))
		in.ChecksumAlgorithm = types.ChecksumAlgorithmChecksumAlgorithmSha256
		in.ChecksumAggregationMethod = types.ChecksumAggregationMethodChecksumAggregationLinear
	}
	err := u.call(ctx, u.log.snapshot, func(ctx context.Context) error {
		_, err := u.client.CompleteSnapshot(ctx, in)
		return err
	})
	if err != nil {
		return err
	}
	return u.log.write("complete")
}

// text is how the APIs write a digest.
func text(d digest) string { return base64.StdEncoding.EncodeToString(d[:]) }
