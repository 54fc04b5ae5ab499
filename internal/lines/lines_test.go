package lines

import (
	"slices"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/redact"
)

func TestLineWriter(t *testing.T) {
	for _, c := range []struct {
		name   string
		writes []string
		want   []string
	}{
		{"nothing", nil, nil},
		{"one line", []string{"a\n"}, []string{"a"}},
		{"in pieces", []string{"a", "b\nc", "d\n"}, []string{"ab", "cd"}},
		{"unfinished last line", []string{"a\nb"}, []string{"a", "b"}},
		{"empty lines", []string{"\n\n"}, []string{"", ""}},
		{"CRLF", []string{"a\r\nb\r", "\n"}, []string{"a", "b"}},
		{"meter", []string{"10%\r", "50%\r100%\n"}, []string{"100%"}},
		{"meter that ends with a return", []string{"10%\r50%\r"}, []string{"50%"}},
		{"endless meter", []string{strings.Repeat(strings.Repeat("x", 999)+"\r", 2000), "end\n"}, []string{"end"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			w := &Writer{Emit: func(s string) { got = append(got, s) }, Cut: func(b []byte) int { return len(b) }}
			for _, s := range c.writes {
				if n, err := w.Write([]byte(s)); n != len(s) || err != nil {
					t.Fatalf("Write = %d, %v", n, err)
				}
			}
			for range 2 { // closing twice reports once
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestLineWriterBoundsMemory(t *testing.T) {
	const secret = "tell-nobody"
	var hidden redact.Secrets
	hidden.Add(secret)
	var out strings.Builder
	pieces := 0
	w := &Writer{Emit: func(s string) { pieces++; out.WriteString(hidden.Redact(s)) }, Cut: hidden.Cut}
	chunk := []byte(strings.Repeat("0123456789", 1000) + secret + "tail")
	for range 300 {
		if _, err := w.Write(chunk); err != nil {
			t.Fatal(err)
		}
		if len(w.buf) > maxLine {
			t.Fatalf("holds %d bytes", len(w.buf))
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if pieces < 3 || strings.Contains(out.String(), "tell") || strings.Count(out.String(), redact.Placeholder) != 300 {
		t.Errorf("%d pieces, %d secrets hidden", pieces, strings.Count(out.String(), redact.Placeholder))
	}
}

func TestPrintable(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"text", "naïve\ttext\n", "naïve\ttext\n"},
		{"colour", "\x1b[1;31mred\x1b[0m", "red"},
		{"title", "\x1b]0;owned\aok", "ok"},
		{"title, string terminator", "\x1b]0;owned\x1b\\ok", "ok"},
		{"C1 CSI", "\u009b2Jok", "ok"},
		{"one byte", "\x1bcok", "ok"},
		{"bell, backspace, null", "a\a\b\x00b", "ab"},
		{"unfinished", "ok\x1b[12", "ok"},
		{"lone escape", "ok\x1b", "ok"},
		{"ends at the newline", "\x1b]0;x\nok", "\nok"},
		{"invalid UTF-8", "a\xffb", "a\ufffdb"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Printable(c.in); got != c.want {
				t.Errorf("Printable(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}
