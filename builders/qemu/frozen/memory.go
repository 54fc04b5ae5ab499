package frozen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/klauspost/compress/zstd"

	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
)

// squeeze compresses the memory of a machine from one file to another, with
// half of the processors, as the machine runs on meanwhile, and removes the
// first file, whatever happens.
func squeeze(ctx context.Context, from, to string) (err error) {
	defer func() { err = errors.Join(err, os.Remove(from)) }()
	raw, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("compressing a machine's memory: %w", err)
	}
	defer raw.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("compressing a machine's memory: %w", err)
	}
	z, err := zstd.NewWriter(out, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency((runtime.NumCPU()+1)/2))
	if err == nil {
		_, err = io.Copy(z, cancelled{ctx, raw})
		err = errors.Join(err, z.Close())
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("compressing a machine's memory: %w", err)
	}
	return nil
}

// cancelled is a reader that ends with its context.
type cancelled struct {
	ctx context.Context
	io.Reader
}

func (c cancelled) Read(p []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	return c.Reader.Read(p)
}

// Loader is a machine that takes a memory: see vm.VM.
type Loader interface {
	Load(ctx context.Context, memory io.Reader) error
}

// Load makes a machine the one that the last of these checkpoints keeps, while
// all of them are verified: what is damaged is the error, whatever else fails.
func Load(ctx context.Context, v Loader, chain []*checkpoint.Checkpoint) error {
	sound := make(chan error, 1)
	go func() {
		var err error
		for _, c := range chain {
			err = errors.Join(err, c.Verify(ctx))
		}
		sound <- err
	}()
	memory, err := Memory(chain[len(chain)-1])
	if err == nil {
		err = errors.Join(v.Load(ctx, memory), memory.Close())
	}
	if damage := <-sound; damage != nil {
		return damage // which may be why loading failed
	}
	if err != nil {
		return fmt.Errorf("loading the machine's memory: %w", err)
	}
	return nil
}

// Memory opens the memory of a frozen machine.
func Memory(c *checkpoint.Checkpoint) (io.ReadCloser, error) {
	file, err := os.Open(c.Path(memory))
	if err != nil {
		return nil, fmt.Errorf("reading a machine's memory: %w", err)
	}
	z, err := zstd.NewReader(file)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return ram{z, file}, nil
}

type ram struct {
	*zstd.Decoder
	file *os.File
}

func (r ram) Close() error {
	r.Decoder.Close()
	return r.file.Close()
}
