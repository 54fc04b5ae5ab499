package debootstrap

import (
	"bytes"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// progress reads mmdebstrap's output: what it says about itself is shown, the
// many lines of apt and dpkg are kept for when it fails.
type progress struct {
	out  *ui.UI
	part []byte
	tail []string
}

const tailLines = 40

// Write never fails.
func (p *progress) Write(b []byte) (int, error) {
	p.part = append(p.part, b...)
	for {
		line, rest, ok := bytes.Cut(p.part, []byte("\n"))
		if !ok {
			return len(b), nil
		}
		p.line(string(line))
		p.part = rest
	}
}

func (p *progress) line(s string) {
	if at := strings.LastIndexByte(strings.TrimRight(s, "\r"), '\r'); at >= 0 {
		s = s[at+1:]
	}
	s = strings.TrimSpace(s)
	if news, ok := strings.CutPrefix(s, "I: "); ok {
		if interesting(news) {
			p.out.Detail("%s", strings.TrimSuffix(news, "..."))
		}
		return
	}
	if warning, ok := strings.CutPrefix(s, "W: "); ok {
		p.out.Warn("%s", warning)
	}
	if s == "" || strings.HasPrefix(s, "Get:") {
		return
	}
	p.tail = append(p.tail, s)
	if len(p.tail) > tailLines {
		p.tail = p.tail[1:]
	}
}

// interesting leaves out what is only of use to those who debug mmdebstrap.
func interesting(news string) bool {
	for _, dull := range []string{"running --", "skipping ", "removing tempdir", "success in", "automatically chosen", "will ", "main()"} {
		if strings.HasPrefix(news, dull) {
			return false
		}
	}
	return true
}

// replay shows the last lines of a failed run.
func (p *progress) replay() {
	for _, l := range p.tail {
		p.out.Error("%s", l)
	}
}
