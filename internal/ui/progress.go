package ui

import (
	"sync"
	"time"
)

// redraw is how often a progress reports at most.
const redraw = 100 * time.Millisecond

// Progress is one running progress bar. Nil and the zero value count nothing.
type Progress struct {
	u     *UI
	id    int64
	label string
	total int64
	start time.Time

	mu     sync.Mutex
	done   int64
	told   time.Time
	closed bool
}

func newProgress(u *UI, label string, total int64) *Progress {
	now := u.root.now()
	p := &Progress{u: u, id: u.root.nextID(), label: label, total: max(total, 0), start: now, told: now}
	p.tell(Started, now)
	return p
}

// Write counts len(b) more bytes; it never fails.
func (p *Progress) Write(b []byte) (int, error) {
	p.Add(int64(len(b)))
	return len(b), nil
}

// Add counts n more bytes.
func (p *Progress) Add(n int64) {
	if p == nil || p.u == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += n
	if now := p.u.root.now(); !p.closed && now.Sub(p.told) >= redraw {
		p.told = now
		p.tell(Running, now)
	}
}

// Close ends the bar. It may be called twice.
func (p *Progress) Close() error {
	if p == nil || p.u == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.closed = true
		p.tell(Done, p.u.root.now())
	}
	return nil
}

func (p *Progress) tell(s State, now time.Time) {
	p.u.emit(Event{Kind: ProgressKind, State: s, Elapsed: now.Sub(p.start), Progress: Amount{ID: p.id, Label: p.label, Done: p.done, Total: p.total}})
}
