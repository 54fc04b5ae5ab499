package ram

import (
	"bytes"
	"io"
	"testing"
)

// FuzzRoundTrip keeps any two streams, one after the other.
func FuzzRoundTrip(f *testing.F) {
	s := machine{ram: filled(3, func(i int) byte { return byte(i) })}.stream()
	f.Add(s, s)
	f.Add([]byte{}, s[:100])
	f.Fuzz(func(t *testing.T, a, b []byte) {
		files, _ := keep(t, a, b)
		for i, want := range [][]byte{a, b} {
			if got, _, err := read(files[:i+1]); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("memory %d: %v", i, err)
			}
		}
	})
}

// FuzzRead reads any files: it ends, and does not take more memory than it must.
func FuzzRead(f *testing.F) {
	s := machine{ram: filled(3, func(i int) byte { return byte(i) })}.stream()
	files, _ := keep(f, s, s)
	f.Add(files[0], files[1])
	f.Fuzz(func(_ *testing.T, a, b []byte) {
		if m, err := open([][]byte{a, b}); err == nil {
			_, _ = m.WriteTo(&most{left: 1 << 24})
		}
	})
}

// most takes so many bytes.
type most struct{ left int }

func (m *most) Write(b []byte) (int, error) {
	if m.left -= len(b); m.left < 0 {
		return 0, io.ErrShortWrite
	}
	return len(b), nil
}
