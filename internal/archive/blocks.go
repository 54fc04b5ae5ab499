package archive

import (
	"io"
	"sync"
)

// encoder compresses one block of a stream by itself.
type encoder func(block []byte, last bool) ([]byte, error)

// blocks cuts what is written to it into blocks, compresses several at a time
// and writes them in order.
type blocks struct {
	size   int
	encode encoder
	buf    []byte
	queue  chan chan encoded // in the order of the stream; its room bounds the memory
	done   chan struct{}     // closed when all of the queue is written

	mu  sync.Mutex
	err error // the first one
}

type encoded struct {
	data []byte
	err  error
}

func newBlocks(w io.Writer, size int, encode encoder) *blocks {
	b := &blocks{size: size, encode: encode, queue: make(chan chan encoded, cores()), done: make(chan struct{})}
	go b.drain(w)
	return b
}

// drain writes finished blocks; after an error it only empties the queue.
func (b *blocks) drain(w io.Writer) {
	defer close(b.done)
	for next := range b.queue {
		e := <-next
		if b.failed() != nil {
			continue
		}
		if e.err == nil {
			_, e.err = w.Write(e.data)
		}
		if e.err != nil {
			b.mu.Lock()
			b.err = e.err
			b.mu.Unlock()
		}
	}
}

func (b *blocks) failed() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// Write takes p in; an error may be that of an earlier block.
func (b *blocks) Write(p []byte) (int, error) {
	total := len(p)
	for len(p) > 0 {
		if len(b.buf) == b.size { // more follows: this is not the last one
			if err := b.failed(); err != nil {
				return total - len(p), err
			}
			b.submit(false)
		}
		if b.buf == nil {
			b.buf = make([]byte, 0, b.size)
		}
		n := min(len(p), b.size-len(b.buf))
		b.buf = append(b.buf, p[:n]...)
		p = p[n:]
	}
	return total, b.failed()
}

func (b *blocks) submit(last bool) {
	block, result := b.buf, make(chan encoded, 1)
	b.buf = nil
	b.queue <- result
	go func() {
		data, err := b.encode(block, last)
		result <- encoded{data, err}
	}()
}

// Close compresses what is left and waits until all is written.
func (b *blocks) Close() error {
	if b.failed() == nil {
		b.submit(true)
	}
	close(b.queue)
	<-b.done
	return b.failed()
}
