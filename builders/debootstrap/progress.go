package debootstrap

import (
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/lines"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// progress reads mmdebstrap's output: what it says about itself is shown, the
// many lines of apt and dpkg are kept for when it fails.
type progress struct {
	lines.Writer
	out  *ui.UI
	tail []string
}

const tailLines = 40

func newProgress(out *ui.UI) *progress {
	p := &progress{out: out}
	p.Emit = p.line
	return p
}

func (p *progress) line(s string) {
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

// replay shows the last lines of a failed run, the unfinished one included.
func (p *progress) replay() {
	_ = p.Close() // it never fails
	for _, l := range p.tail {
		p.out.Error("%s", l)
	}
}
