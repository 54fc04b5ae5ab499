package ram

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// buffer is how much of a stream is read or written at once, in bytes.
const buffer = 1 << 20

// Write keeps the stream that r gives: what differs from the memory before, or
// all of it if old is nil.
func Write(w io.Writer, r io.Reader, old *Pages) (*Pages, error) {
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	e := &encoder{
		in:  bufio.NewReaderSize(io.TeeReader(r, sum), buffer),
		out: bufio.NewWriterSize(w, buffer), old: old, pages: after(old),
	}
	e.kind(old == nil)
	err := e.all()
	e.flush()
	e.op(opEnd)
	_, _ = e.out.Write(binary.BigEndian.AppendUint32(nil, sum.Sum32()))
	if err = errors.Join(err, e.out.Flush()); err != nil {
		return nil, fmt.Errorf("keeping a machine's memory: %w", err)
	}
	e.pages.kept += e.owned
	return e.pages, nil
}

// encoder writes each byte that it takes from in as part of one operation. The
// writing of out fails at its end, if at all.
type encoder struct {
	in    *bufio.Reader
	out   *bufio.Writer
	old   *Pages
	pages *Pages
	owned int // pages

	block   string // of the last page
	next    uint64 // the number of the page behind it
	literal []byte
	own     []byte // pages that are yet to be written
	same    uint64 // how many pages of the old memory are yet to be named,
	skip    uint64 // and how many to be left out before
	used    uint64 // pages of the old memory that were named or left out
	zeroes  uint64
}

func (e *encoder) kind(isWhole bool) {
	first := delta
	if isWhole {
		first = whole
	}
	_, _ = e.out.WriteString(first)
}

func (e *encoder) op(code byte, numbers ...uint64) {
	_ = e.out.WriteByte(code)
	for _, n := range numbers {
		_, _ = e.out.Write(binary.AppendUvarint(nil, n))
	}
}

// flush writes what was collected; at most one kind is at a time.
func (e *encoder) flush() {
	switch {
	case len(e.literal) > 0:
		e.op(opLiteral, uint64(len(e.literal)))
		_, _ = e.out.Write(e.literal)
	case len(e.own) > 0:
		e.op(opOwn, uint64(len(e.own)/pageSize))
		_, _ = e.out.Write(e.own)
	case e.same > 0:
		e.op(opSame, e.skip, e.same)
	case e.zeroes > 0:
		e.op(opZero, e.zeroes)
	}
	e.literal, e.own, e.same, e.skip, e.zeroes = e.literal[:0], e.own[:0], 0, 0, 0
}

// pass takes up to n bytes as they are, and gives them.
func (e *encoder) pass(n int) ([]byte, error) {
	if len(e.literal) == 0 || len(e.literal)+n > mostLiteral {
		e.flush()
	}
	b, err := e.in.Peek(n)
	from := len(e.literal)
	e.literal = append(e.literal, b...)
	_, _ = e.in.Discard(len(b))
	return e.literal[from:], err
}

// rest takes all that is left as it is.
func (e *encoder) rest() error {
	for {
		if _, err := e.pass(pageSize); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// errOdd says that something was passed that is not understood.
var errOdd = errors.New("unknown content")

// all takes the whole stream.
func (e *encoder) all() error {
	err := e.memory()
	if errors.Is(err, errOdd) || errors.Is(err, io.EOF) {
		return e.rest()
	}
	return err
}

// memory takes the stream up to what follows the memory.
func (e *encoder) memory() error {
	head, _ := e.in.Peek(pageSize) // any error comes again
	at := bytes.Index(head, []byte(ramSection))
	if at < 4 {
		return errOdd
	}
	head, err := e.pass(at + len(ramSection))
	if err != nil {
		return err
	}
	section := binary.BigEndian.Uint32(head[at-4:])
	if err := e.blocks(); err != nil {
		return err
	}
	for {
		kind, err := e.pass(1)
		if err != nil {
			return err
		}
		code := kind[0]
		number, err := e.pass(4)
		if err != nil {
			return err
		}
		switch {
		case binary.BigEndian.Uint32(number) != section:
			return errOdd
		case code == sectionFooter:
		case code == sectionPart, code == sectionEnd:
			if err := e.section(); err != nil {
				return err
			}
		default:
			return errOdd
		}
	}
}

// blocks takes the list of the memory's blocks, and the end of its section.
func (e *encoder) blocks() error {
	left, flags, err := e.address()
	if err == nil && flags != flagSize {
		err = errOdd
	}
	for err == nil && left > 0 {
		var b []byte
		if b, err = e.pass(1); err != nil {
			break
		}
		if _, err = e.pass(int(b[0])); err != nil {
			break
		}
		if b, err = e.pass(8); err != nil {
			break
		}
		size := binary.BigEndian.Uint64(b)
		if size > left {
			err = errOdd
		}
		left -= size
	}
	if err == nil {
		_, flags, err = e.address()
	}
	if err == nil && flags != flagEnd {
		err = errOdd
	}
	return err
}

// address passes an address, and gives it without its flags.
func (e *encoder) address() (address, flags uint64, err error) {
	b, err := e.pass(8)
	if err != nil {
		return 0, 0, err
	}
	v := binary.BigEndian.Uint64(b)
	return v &^ (pageSize - 1), v & (pageSize - 1), nil
}
