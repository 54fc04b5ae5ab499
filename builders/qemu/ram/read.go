package ram

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
)

// Memory is a stream that was kept.
type Memory struct {
	Pages *Pages // once it was written

	in     *bufio.Reader
	before *Memory // what it differs from; nil for a whole one
	own    uint64  // pages of its own that come next,
	same   uint64  // or pages of the memory before

	out   *bufio.Writer
	sum   hash.Hash32
	head  []byte
	block string
	first bool // the next page is the first of its block
	next  uint64
	owned int
}

// Read reads the memory whose file r is. Before gives that of the memory before
// it, if it needs one.
func Read(r io.Reader, before func() (*Memory, error)) (*Memory, error) {
	m := &Memory{in: bufio.NewReaderSize(r, buffer)}
	kind := make([]byte, len(whole))
	if _, err := io.ReadFull(m.in, kind); err != nil {
		return nil, fmt.Errorf("reading a machine's memory: %w", err)
	}
	switch string(kind) {
	case whole:
		return m, nil
	case delta:
		var err error
		m.before, err = before()
		return m, err
	}
	return nil, errDamaged
}

var errDamaged = errors.New("reading a machine's memory: the file is damaged")

// WriteTo writes the stream, once; that it is the right one is known at its end.
func (m *Memory) WriteTo(w io.Writer) (int64, error) {
	total := &counter{}
	m.sum = crc32.New(crc32.MakeTable(crc32.Castagnoli))
	m.out = bufio.NewWriterSize(io.MultiWriter(w, m.sum, total), buffer)
	m.Pages = after(nil)
	for {
		code, err := m.in.ReadByte()
		if err == nil && code == opEnd {
			err = m.end()
			return total.n, err
		}
		if err == nil {
			err = m.write(code)
		}
		if err != nil {
			return total.n, damaged(err)
		}
	}
}

// damaged says that the file ended early, if it did.
func damaged(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errDamaged
	}
	return err
}

type counter struct{ n int64 }

func (c *counter) Write(b []byte) (int, error) {
	c.n += int64(len(b))
	return len(b), nil
}

// end checks what was written.
func (m *Memory) end() error {
	want := make([]byte, 4)
	if _, err := io.ReadFull(m.in, want); err != nil {
		return damaged(err)
	}
	if err := m.out.Flush(); err != nil {
		return err
	}
	if binary.BigEndian.Uint32(want) != m.sum.Sum32() {
		return errDamaged
	}
	for level := m; level != nil; level = level.before {
		m.Pages.kept += level.owned
	}
	return nil
}

// write does one operation.
func (m *Memory) write(code byte) error {
	n, err := m.begin(code)
	if err != nil {
		return err
	}
	switch code {
	case opLiteral:
		_, err = io.CopyN(m.out, m.in, int64(n))
	case opBlock:
		name := make([]byte, n)
		_, err = io.ReadFull(m.in, name)
		m.block, m.first = string(name), true
	case opAt:
		m.next = n
	case opZero:
		for ; n > 0 && err == nil; n-- {
			m.header(flagZero)
			err = m.out.WriteByte(0)
		}
	default: // pages
		for ; m.own+m.same > 0 && err == nil; err = m.writePage() {
		}
	}
	return err
}

func (m *Memory) writePage() error {
	content, err := m.page()
	if err != nil {
		return err
	}
	m.Pages.add(m.block, m.next, content)
	m.header(flagPage)
	_, err = m.out.Write(content)
	return err
}

// header writes what stands before the next page; its errors come again.
func (m *Memory) header(flag uint64) {
	block := &m.block
	if !m.first {
		block = nil
	}
	m.head = header(m.head[:0], m.next, flag, block)
	_, _ = m.out.Write(m.head)
	m.first = false
	m.next++
}

// begin reads the numbers of an operation, and gives the last; the pages of one
// with pages are what comes next then.
func (m *Memory) begin(code byte) (n uint64, err error) {
	if n, err = binary.ReadUvarint(m.in); err != nil {
		return 0, err
	}
	limits := map[byte]uint64{opLiteral: mostLiteral, opBlock: 255, opAt: 1 << 52, opOwn: mostOwn, opZero: 1 << 28}
	switch limit, known := limits[code]; {
	case code == opSame && m.before != nil:
		if err := m.before.skip(n); err != nil {
			return 0, err
		}
		m.same, err = binary.ReadUvarint(m.in)
		return m.same, err
	case !known, n > limit:
		return 0, errDamaged
	case code == opOwn:
		m.own = n
		m.owned += int(n)
	}
	return n, nil
}
