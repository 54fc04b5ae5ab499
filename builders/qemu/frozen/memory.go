package frozen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"

	"github.com/klauspost/compress/zstd"

	"github.com/ovenbird-io/ovenbird/builders/qemu/ram"
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
	Load(ctx context.Context, memory func(io.Writer) error) error
}

// Load makes a machine the one that the last of these checkpoints keeps, while
// all of them are verified: what is damaged is the error, whatever else fails.
func (l *Layers) Load(ctx context.Context, v Loader, chain []*checkpoint.Checkpoint) error {
	sound := make(chan error, 1)
	go func() {
		var err error
		for _, c := range chain {
			err = errors.Join(err, c.Verify(ctx))
		}
		sound <- err
	}()
	files := &files{}
	memory, err := files.open(chain)
	if err == nil {
		err = v.Load(ctx, func(w io.Writer) error {
			_, err := memory.WriteTo(w)
			return err
		})
	}
	files.close()
	if damage := <-sound; damage != nil {
		return damage // which may be why loading failed
	}
	if err != nil {
		return fmt.Errorf("loading the machine's memory: %w", err)
	}
	l.pages = memory.Pages
	return nil
}

// files are those of a chain of memories.
type files struct{ closers []func() }

// open opens the memory of the last machine of a chain, and those before it, as
// far back as it needs them.
func (f *files) open(chain []*checkpoint.Checkpoint) (*ram.Memory, error) {
	last := len(chain) - 1
	if last < 0 {
		return nil, errors.New("it is kept as what has changed since another one, and that is missing")
	}
	file, err := os.Open(chain[last].Path(memory))
	if err != nil {
		return nil, fmt.Errorf("reading a machine's memory: %w", err)
	}
	f.closers = append(f.closers, func() { _ = file.Close() })
	z, err := zstd.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("reading a machine's memory: %w", err)
	}
	f.closers = append(f.closers, z.Close)
	return ram.Read(z, func() (*ram.Memory, error) { return f.open(chain[:last]) })
}

func (f *files) close() {
	for _, done := range slices.Backward(f.closers) {
		done()
	}
}
