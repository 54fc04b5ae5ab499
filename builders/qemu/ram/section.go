package ram

import "encoding/binary"

// section takes pages up to the end of their section.
func (e *encoder) section() error {
	for {
		head, err := e.in.Peek(8)
		if err != nil {
			return err
		}
		v := binary.BigEndian.Uint64(head)
		flags := v & (pageSize - 1)
		switch flags &^ flagContinue {
		case flagPage, flagZero:
			if err := e.page(v/pageSize, flags); err != nil {
				return err
			}
		case flagEnd:
			_, err := e.pass(8)
			return err
		default:
			return errOdd
		}
	}
}

// page takes a page with what stands before it.
func (e *encoder) page(number, flags uint64) error {
	size, name := 8, ""
	if flags&flagContinue == 0 {
		b, err := e.in.Peek(9)
		if err != nil {
			return err
		}
		size += 1 + int(b[8])
		if b, err = e.in.Peek(size); err != nil {
			return err
		}
		name = string(b[9:])
	}
	length := pageSize
	if flags&flagZero != 0 {
		length = 1
	}
	all, err := e.in.Peek(size + length)
	if err != nil {
		return err
	}
	content := all[size:]
	if length == 1 && content[0] != 0 {
		return errOdd
	}
	if flags&flagContinue == 0 {
		e.flush()
		e.op(opBlock, uint64(len(name)))
		_, _ = e.out.WriteString(name)
		e.block = name
	}
	if number != e.next {
		e.flush()
		e.op(opAt, number)
	}
	e.next = number + 1
	if length == 1 {
		e.zero()
	} else {
		e.keep(number, content)
	}
	_, err = e.in.Discard(size + length)
	return err
}

func (e *encoder) zero() {
	if e.zeroes == 0 {
		e.flush()
	}
	e.zeroes++
}

// keep takes a page's content, or names the old page that is the same. Those
// are named in their order only.
func (e *encoder) keep(number uint64, content []byte) {
	now, was := e.pages.add(e.block, number, content), e.old.find(e.block, number)
	if was.nth == 0 || was.hash != now.hash || uint64(was.nth) <= e.used {
		if len(e.own) == 0 || len(e.own) == mostOwn*pageSize {
			e.flush()
		}
		e.own = append(e.own, content...)
		e.owned++
		return
	}
	if skip := uint64(was.nth) - 1 - e.used; e.same == 0 || skip > 0 {
		e.flush()
		e.skip = skip
	}
	e.same++
	e.used = uint64(was.nth)
}

// header is what stands before a page.
func header(b []byte, number, flags uint64, block *string) []byte {
	if block == nil {
		return binary.BigEndian.AppendUint64(b, number*pageSize|flags|flagContinue)
	}
	b = binary.BigEndian.AppendUint64(b, number*pageSize|flags)
	return append(append(b, byte(len(*block))), *block...)
}
