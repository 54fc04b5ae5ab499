package prompt

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/draft"
)

// kept is how many lines are kept for later sessions.
const kept = 500

// history are the lines of this session and those before. It is a convenience:
// a file that cannot be read or written is done without.
type history struct {
	path  string
	lines []string // the oldest first
}

func newHistory(path string) *history {
	h := &history{path: path}
	if path == "" {
		return h
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return h
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			h.lines = append(h.lines, line)
		}
	}
	h.shorten()
	return h
}

// Add keeps a line, unless it says nothing new. Lines may hold secrets, so the
// file is private.
func (h *history) Add(line string) {
	if strings.TrimSpace(line) == "" || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return
	}
	h.lines = append(h.lines, line)
	h.shorten()
	if h.path == "" || os.MkdirAll(filepath.Dir(h.path), 0o700) != nil {
		return
	}
	_ = draft.Write(h.path, 0o600, func(f *os.File) error { // see history
		_, err := f.WriteString(strings.Join(h.lines, "\n") + "\n")
		return errors.Join(err, f.Chmod(0o600)) // it may have been there with another mode
	})
}

func (h *history) shorten() {
	h.lines = slices.Delete(h.lines, 0, max(0, len(h.lines)-kept))
}

// Len is how many lines there are.
func (h *history) Len() int { return len(h.lines) }

// At is a line; 0 is the newest.
func (h *history) At(i int) string { return h.lines[len(h.lines)-1-i] }
