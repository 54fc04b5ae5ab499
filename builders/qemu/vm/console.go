package vm

import (
	"bytes"
	"io"
	"strings"
	"sync"

	"github.com/ovenbird-io/ovenbird/internal/lines"
)

// console takes what the guest writes to its serial port: all of it goes to
// the log, the last lines are kept for errors, and what it means is noticed.
type console struct {
	log io.Writer

	mu      sync.Mutex
	tail    []string // finished lines, oldest first
	line    []byte   // the line being written
	meaning string
	panic   chan struct{}
}

const tailLines = 30

// signs are what a guest in trouble says, and what that means. Later signs
// replace earlier ones, except that nothing comes after a panic.
var signs = [...]struct{ text, meaning string }{
	{"Kernel panic - not syncing", "the guest's kernel panicked"},
	{"(initramfs)", "the guest stopped at an initramfs prompt: its root file system was not found"},
	{"grub rescue>", "the guest stopped at a GRUB rescue prompt: its boot files were not found"},
	{"No bootable device", "the machine found nothing to boot from on its disk"},
	{"emergency mode", "the guest is in emergency mode: one of its file systems or units failed"},
	{" login:", "the guest shows a login prompt, so it is up: look at its SSH server, network or firewall"},
}

func newConsole(log io.Writer) *console {
	return &console{log: log, panic: make(chan struct{})}
}

// Write never fails for what the guest says; a full disk loses only the log.
func (c *console) Write(p []byte) (int, error) {
	_, _ = c.log.Write(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	for rest := p; len(rest) > 0; {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			c.line = append(c.line, rest...)
			c.notice()
			break
		}
		c.line = append(c.line, rest[:i]...)
		c.notice()
		if text := printable(c.line); text != "" {
			c.tail = append(c.tail, text)
			c.tail = c.tail[max(0, len(c.tail)-tailLines):]
		}
		c.line, rest = c.line[:0], rest[i+1:]
	}
	if len(c.line) > 4096 { // a guest that never ends its line
		c.line = c.line[:0]
	}
	return len(p), nil
}

func (c *console) notice() {
	if c.meaning == signs[0].meaning {
		return
	}
	for i, s := range signs {
		if bytes.Contains(c.line, []byte(s.text)) {
			c.meaning = s.meaning
			if i == 0 {
				close(c.panic)
			}
			return
		}
	}
}

// last gives the last n lines, the unfinished one included, and what they mean.
func (c *console) last(n int) (tail []string, meaning string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tail = append(tail, c.tail...)
	if text := printable(c.line); text != "" {
		tail = append(tail, text)
	}
	return tail[max(0, len(tail)-n):], c.meaning
}

// printable is what a person would read of a line.
func printable(line []byte) string { return strings.TrimRight(lines.Printable(string(line)), " ") }
