// Package lines turns streams of bytes, such as a command's output, into lines
// that are safe to show.
package lines

import (
	"bytes"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// maxLine is the longest line, in bytes, that is held back until its newline
// comes; a longer one is reported in pieces that never split a secret.
const maxLine = 1 << 20

// Writer turns what is written into lines. A carriage return starts the line
// again, as it does on a terminal, so progress meters leave only their last state.
type Writer struct {
	// Emit takes a finished line, without its newline.
	Emit func(line string)
	// Cut says how much of an overlong line may be given away before the rest
	// of it is known; nil gives away all of it.
	Cut func(b []byte) int

	mu  sync.Mutex
	buf []byte
}

// Write never fails.
func (w *Writer) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(b)
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			w.hold(b)
			break
		}
		w.hold(b[:i])
		w.flush()
		b = b[i+1:]
	}
	return n, nil
}

// Close gives away an unfinished last line. It may be called twice.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.buf) > 0 {
		w.flush()
	}
	return nil
}

func (w *Writer) flush() {
	w.Emit(string(lastDraft(w.buf)))
	w.buf = w.buf[:0]
}

func (w *Writer) hold(b []byte) {
	w.buf = append(w.buf, b...)
	if len(w.buf) <= maxLine {
		return
	}
	ended := len(w.buf) - len(bytes.TrimRight(w.buf, "\r")) // the next byte starts the line again
	w.buf = append(w.buf[:0], w.buf[len(w.buf)-ended-len(lastDraft(w.buf)):]...)
	for len(w.buf) > maxLine {
		n := len(w.buf)
		if w.Cut != nil {
			n = w.Cut(w.buf)
		}
		if n <= 0 {
			return
		}
		w.Emit(string(w.buf[:n]))
		w.buf = append(w.buf[:0], w.buf[n:]...)
	}
}

// lastDraft is what a terminal shows of a line with carriage returns in it.
func lastDraft(b []byte) []byte {
	b = bytes.TrimRight(b, "\r")
	return b[bytes.LastIndexByte(b, '\r')+1:]
}

// Printable takes out escape sequences and control characters other than
// newline and tab, so that a guest cannot drive the user's terminal.
func Printable(s string) string {
	if strings.IndexFunc(s, unprintable) < 0 && utf8.ValidString(s) {
		return s
	}
	var out strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == '\x1b' || r == '\u009b' || r == '\u009d':
			n = escapeLen(s)
		case !unprintable(r):
			out.WriteRune(r)
		}
		s = s[n:]
	}
	return out.String()
}

func unprintable(r rune) bool { return r != '\n' && r != '\t' && unicode.IsControl(r) }

// escapeLen is the length of the escape sequence s starts with: CSI up to its
// final byte, OSC up to BEL or ST, or ESC and one byte.
func escapeLen(s string) int {
	r, n := utf8.DecodeRuneInString(s)
	if r == '\x1b' {
		if len(s) == 1 {
			return 1
		}
		switch s[1] {
		case '[':
			r, n = '\u009b', 2
		case ']', 'P', '_', '^', 'X':
			r, n = '\u009d', 2
		default:
			_, w := utf8.DecodeRuneInString(s[1:])
			return 1 + w
		}
	}
	for i := n; i < len(s); i++ {
		switch {
		case r == '\u009b' && s[i] >= 0x40 && s[i] <= 0x7e:
			return i + 1
		case r == '\u009d' && s[i] == '\a':
			return i + 1
		case r == '\u009d' && s[i] == '\x1b':
			return i + min(2, len(s)-i)
		case s[i] == '\n':
			return i
		}
	}
	return len(s)
}
