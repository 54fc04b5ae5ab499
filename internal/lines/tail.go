package lines

import "sync"

// tailSize is how many bytes a Tail keeps unless told.
const tailSize = 4 << 10

// Tail keeps the end of what is written to it, for a message about what wrote it.
type Tail struct {
	Size int // bytes to keep, 0 for 4 KiB

	mu   sync.Mutex
	text []byte
}

// Write never fails.
func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	size := t.Size
	if size == 0 {
		size = tailSize
	}
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-size):]
	return len(p), nil
}

// String is what is kept, as it was written.
func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
