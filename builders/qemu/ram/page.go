package ram

// page gives the next page with content, until the next call.
func (m *Memory) page() ([]byte, error) {
	if err := m.find(); err != nil {
		return nil, err
	}
	if m.own == 0 {
		m.same--
		return m.before.page()
	}
	m.own--
	b, err := m.in.Peek(pageSize)
	if err != nil {
		return nil, err
	}
	_, err = m.in.Discard(pageSize)
	return b, err
}

// skip leaves out n pages with content.
func (m *Memory) skip(n uint64) error {
	for n > 0 {
		if err := m.find(); err != nil {
			return err
		}
		if some := min(n, m.same); some > 0 {
			if err := m.before.skip(some); err != nil {
				return err
			}
			m.same -= some
			n -= some
		}
		some := min(n, m.own)
		if _, err := m.in.Discard(int(some) * pageSize); err != nil {
			return err
		}
		m.own -= some
		n -= some
	}
	return nil
}

// find goes on to the next operation with pages, if none are left of the last.
func (m *Memory) find() error {
	for m.own+m.same == 0 {
		code, err := m.in.ReadByte()
		if err != nil {
			return err
		}
		n, err := m.begin(code)
		if err != nil {
			return err
		}
		if code == opLiteral || code == opBlock {
			if _, err := m.in.Discard(int(n)); err != nil {
				return err
			}
		}
	}
	return nil
}
