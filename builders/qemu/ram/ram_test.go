package ram

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// stream builds what QEMU writes.
type stream struct{ bytes.Buffer }

func (s *stream) number(v uint64) { _, _ = s.Write(binary.BigEndian.AppendUint64(nil, v)) }

func (s *stream) name(n string) { _, _ = s.WriteString(string(rune(len(n))) + n) }

func (s *stream) section(kind byte, id uint32) {
	_ = s.WriteByte(kind)
	_, _ = s.Write(binary.BigEndian.AppendUint32(nil, id))
}

// begin writes what stands before the first page of two blocks.
func (s *stream) begin(id uint32) {
	s.WriteString("QEVM\x00\x00\x00\x03\x07\x00\x00\x00\x0fpc-i440fx-7.2")
	s.section(1, id)
	s.WriteString(ramSection)
	s.number(48*pageSize | flagSize)
	s.name("pc.ram")
	s.number(40 * pageSize)
	s.name("vga.vram")
	s.number(8 * pageSize)
	s.number(flagEnd)
	s.section(sectionFooter, id)
}

// machine is the memory of a machine: a fill byte for each page.
type machine struct{ ram, vga []byte }

func (m machine) stream() []byte {
	s := &stream{}
	s.begin(2)
	for i, block := range []struct {
		name string
		fill []byte
	}{{"pc.ram", m.ram}, {"vga.vram", m.vga}} {
		for at, fill := range block.fill {
			if at%16 == 0 { // QEMU ends a section every so often
				if i+at > 0 {
					s.number(flagEnd)
					s.section(sectionFooter, 2)
				}
				s.section(sectionPart, 2)
			}
			flags := uint64(flagContinue)
			if at == 0 {
				flags = 0
			}
			if fill == 0 {
				flags |= flagZero
			} else {
				flags |= flagPage
			}
			s.number(uint64(at)*pageSize | flags)
			if at == 0 {
				s.name(block.name)
			}
			if fill == 0 {
				s.WriteByte(0)
			} else {
				s.Write(bytes.Repeat([]byte{fill}, pageSize))
			}
		}
	}
	s.number(flagEnd)
	s.section(sectionFooter, 2)
	s.section(sectionEnd, 2)
	s.number(flagEnd)
	s.section(sectionFooter, 2)
	s.section(4, 9)
	s.WriteString("\x03cpu and all devices, of which nothing is known here")
	return s.Bytes()
}

// keep writes a chain of streams, and gives the files and what each has of its own.
func keep(t testing.TB, streams ...[]byte) (files [][]byte, owned []int) {
	t.Helper()
	var pages *Pages
	for _, s := range streams {
		file, before := &bytes.Buffer{}, 0
		base := pages.Base()
		if base != nil {
			before = base.kept
		}
		var err error
		if pages, err = Write(file, bytes.NewReader(s), base); err != nil {
			t.Fatal(err)
		}
		files, owned = append(files, file.Bytes()), append(owned, pages.kept-before)
	}
	return files, owned
}

// open reads the last of a chain of files.
func open(files [][]byte) (*Memory, error) {
	last := len(files) - 1
	if last < 0 {
		return nil, errors.New("a memory is missing")
	}
	return Read(bytes.NewReader(files[last]), func() (*Memory, error) { return open(files[:last]) })
}

func read(files [][]byte) ([]byte, *Pages, error) {
	m, err := open(files)
	if err != nil {
		return nil, nil, err
	}
	out := &bytes.Buffer{}
	n, err := m.WriteTo(out)
	if err == nil && n != int64(out.Len()) {
		err = errors.New("the length is wrong")
	}
	return out.Bytes(), m.Pages, err
}

func filled(n int, with func(i int) byte) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = with(i)
	}
	return b
}

// TestChain keeps a machine that changes, and reads each of its memories, and
// what a machine that goes on from each of them has.
func TestChain(t *testing.T) {
	m := machine{ram: filled(40, func(i int) byte { return byte(i) }), vga: filled(8, func(i int) byte { return byte(i * 0x10) })}
	var streams [][]byte
	step := func(change func()) {
		change()
		streams = append(streams, m.stream())
	}
	step(func() {})                                                              // 39 and 7 pages with content
	step(func() { m.ram[5], m.ram[6], m.ram[39], m.vga[2] = 1, 2, 3, 4 })        // 4 changed
	step(func() {})                                                              // none
	step(func() { m.ram[5], m.ram[7], m.ram[0] = 0, 0, 9 })                      // two are given back, one gets content
	step(func() { m.ram[5], m.vga[2] = 7, 5 })                                   // 2
	step(func() { m.ram = filled(40, func(i int) byte { return byte(i % 7) }) }) // most
	files, owned := keep(t, streams...)
	if want := []int{46, 4, 0, 1, 2}; !slices.Equal(owned[:5], want) {
		t.Errorf("pages of their own: %d, want %d", owned[:5], want)
	}
	for i, want := range streams {
		got, pages, err := read(files[:i+1])
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("memory %d: %d bytes of %d, %v", i, len(got), len(want), err)
		}
		m.ram[3]++
		next := m.stream()
		file := &bytes.Buffer{}
		if _, err := Write(file, bytes.NewReader(next), pages); err != nil {
			t.Fatal(err)
		}
		if got, _, err := read(append(slices.Clone(files[:i+1]), file.Bytes())); err != nil || !bytes.Equal(got, next) {
			t.Errorf("going on from memory %d: %v", i, err)
		}
	}
}

// TestWhole writes everything once the chain has grown.
func TestWhole(t *testing.T) {
	var streams [][]byte
	for i := range 5 {
		streams = append(streams, machine{ram: filled(40, func(int) byte { return byte(i + 1) })}.stream())
	}
	files, _ := keep(t, streams...)
	var kinds []string
	for i, f := range files {
		kinds = append(kinds, strings.Fields(string(f[:len(whole)]))[3])
		if got, _, err := read(files[:i+1]); err != nil || !bytes.Equal(got, streams[i]) {
			t.Errorf("memory %d: %v", i, err)
		}
	}
	if got := strings.Join(kinds, " "); got != "whole delta delta whole delta" {
		t.Error(got)
	}
}

// TestUnknown keeps streams that are none, or are of another kind.
func TestUnknown(t *testing.T) {
	plain := machine{ram: filled(40, func(i int) byte { return byte(i) })}.stream()
	odd := func(change func(b []byte)) []byte {
		b := slices.Clone(plain)
		change(b)
		return b
	}
	at := bytes.Index(plain, []byte(ramSection))
	long := make([]byte, 3*mostLiteral+5)
	for i := range long {
		long[i] = byte(rand.Uint32())
	}
	for name, s := range map[string][]byte{
		"nothing": {}, "words": []byte("no memory at all"), "no section": bytes.Repeat([]byte{1}, 3*mostLiteral+1), "noise": long,
		"sizes":       odd(func(b []byte) { b[at+len(ramSection)+1] = 9 }),
		"flags":       odd(func(b []byte) { b[at+250] = 0xff }),
		"cut":         plain[:len(plain)/2],
		"cut early":   plain[:at+20],
		"filled page": bytes.Replace(plain, []byte{0, 0, 0, flagZero, 6, 'p', 'c', '.', 'r', 'a', 'm', 0}, []byte{0, 0, 0, flagZero, 6, 'p', 'c', '.', 'r', 'a', 'm', 1}, 1),
	} {
		files, _ := keep(t, plain, s, s)
		for i, want := range [][]byte{plain, s, s} {
			if got, _, err := read(files[:i+1]); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s, memory %d: %d bytes of %d, %v", name, i, len(got), len(want), err)
			}
		}
	}
}

// TestDamage changes and cuts each byte of the files: none is read as sound.
func TestDamage(t *testing.T) {
	m := machine{ram: filled(40, func(i int) byte { return byte(i % 3) })}
	first := m.stream()
	m.ram[4], m.ram[9] = 77, 0
	second := m.stream()
	files, _ := keep(t, first, second)
	for level := range files {
		step := max(1, len(files[level])/400)
		for at := 0; at < len(files[level]); at += step {
			changed := slices.Clone(files)
			changed[level] = slices.Clone(files[level])
			changed[level][at] ^= 0x41
			if got, _, err := read(changed); err == nil && !bytes.Equal(got, second) {
				t.Fatalf("byte %d of file %d was changed, and nobody noticed", at, level)
			}
			changed[level] = files[level][:at]
			if got, _, err := read(changed); err == nil && !bytes.Equal(got, second) {
				t.Fatalf("file %d was cut at %d, and nobody noticed", level, at)
			}
		}
	}
	if _, _, err := read(files[1:]); err == nil {
		t.Error("a memory is read without the one before")
	}
}

func TestWriteErrors(t *testing.T) {
	boom := errors.New("boom")
	s := machine{ram: filled(40, func(i int) byte { return byte(i) })}.stream()
	for at := 0; at < len(s); at += 1000 {
		if _, err := Write(io.Discard, io.MultiReader(bytes.NewReader(s[:at]), failing{boom}), nil); !errors.Is(err, boom) {
			t.Fatalf("reading fails at %d: %v", at, err)
		}
	}
	if _, err := Write(failing{boom}, bytes.NewReader(s), nil); !errors.Is(err, boom) {
		t.Errorf("writing fails: %v", err)
	}
	files, _ := keep(t, s)
	m, err := open(files)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.WriteTo(failing{boom}); !errors.Is(err, boom) {
		t.Errorf("writing the stream fails: %v", err)
	}
}

type failing struct{ error }

func (f failing) Write([]byte) (int, error) { return 0, f.error }
func (f failing) Read([]byte) (int, error)  { return 0, f.error }
