// Package redact takes secrets out of text, in all the spellings they may have
// there.
package redact

import (
	"strings"
	"sync"
)

// Placeholder stands where a secret was.
const Placeholder = "<sensitive>"

// shortest is the length in bytes below which a secret is left alone: hiding
// every "a" or "no" would hide the output, not the secret.
const shortest = 3

// Secrets are values that must not show in text. They are found plain, line by
// line when they have several, with the escapes of Go, JSON, HCL, HTML and the
// shell, URL-encoded, hex-encoded and base64-encoded at any alignment, also
// where base64 is broken into lines. Values shorter than three bytes are left alone.
// The zero value hides nothing; it is safe for concurrent use.
type Secrets struct {
	mu       sync.RWMutex
	known    map[string]bool
	patterns []pattern
	longest  int
}

// pattern is one spelling of a secret.
type pattern struct {
	text   string
	base64 bool // neighbouring base64 characters may hold some bits of the secret
}

// Add makes values secret from now on.
func (s *Secrets) Add(values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[string]bool{}
	}
	for _, v := range values {
		for _, p := range spellings(v) {
			if s.known[p.text] {
				continue
			}
			s.known[p.text] = true
			s.patterns = append(s.patterns, p)
			s.longest = max(s.longest, len(p.text))
		}
	}
}

// Redact replaces every secret in a text of one or more lines. Give it whole
// lines: half a secret is not found.
func (s *Secrets) Redact(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	hits := s.find(text)
	if hits == nil {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); {
		if !hits[i] {
			out.WriteByte(text[i])
			i++
			continue
		}
		out.WriteString(Placeholder)
		for i < len(text) && hits[i] {
			i++
		}
	}
	return out.String()
}

// Cut says how much of an unfinished text can be shown without showing the
// first part of a secret whose rest is still to come.
func (s *Secrets) Cut(b []byte) int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n := len(b) - s.longest
	if n <= 0 {
		return 0
	}
	hits := s.find(string(b))
	for n > 0 && hits != nil && hits[n] && hits[n-1] {
		n--
	}
	return n
}

// find marks the bytes of text that belong to secrets; nil when none does.
// Overlapping secrets are all marked, however they overlap.
func (s *Secrets) find(text string) []bool {
	var hits []bool
	mark := func(from, to int) {
		if hits == nil {
			hits = make([]bool, len(text))
		}
		for i := from; i < to; i++ {
			hits[i] = true
		}
	}
	for _, p := range s.patterns {
		for at := 0; ; {
			i := strings.Index(text[at:], p.text)
			if i < 0 {
				break
			}
			from, to := at+i, at+i+len(p.text)
			at = from + 1
			if p.base64 {
				from, to = widen(text, from, to)
			}
			mark(from, to)
		}
		if p.base64 {
			broken(text, p.text, mark)
		}
	}
	return hits
}

// widen takes in the base64 characters beside a match, which share a few bits
// with it, and the padding behind it.
func widen(text string, from, to int) (int, int) {
	if from > 0 && isBase64(text[from-1]) {
		from--
	}
	if to < len(text) && isBase64(text[to]) {
		to++
	}
	for to < len(text) && text[to] == '=' {
		to++
	}
	return from, to
}

// leastPiece is how many base64 characters at the edge of a line must agree
// with a secret to count as a piece of it.
const leastPiece = 12

// broken marks the pieces of a base64 secret that was broken into lines: a
// line that ends with its beginning, starts with its end, or lies within it.
func broken(text, secret string, mark func(from, to int)) {
	if len(secret) <= leastPiece {
		return
	}
	for start := 0; start <= len(text); {
		end := len(text)
		if i := strings.IndexByte(text[start:], '\n'); i >= 0 {
			end = start + i
		}
		line := strings.TrimRight(text[start:end], "\r= \t")
		if len(line) >= leastPiece {
			if run := start + lastRun(line); strings.Contains(secret, text[run:start+len(line)]) && start+len(line)-run >= leastPiece {
				mark(run, start+len(line))
			}
			if n := overlap(line, secret); n >= leastPiece {
				mark(start+len(line)-n, start+len(line))
			}
			if n := overlap(secret, line); n >= leastPiece {
				mark(start, start+n)
			}
		}
		start = end + 1
	}
}

// lastRun is where the run of base64 characters at the end of a line starts.
func lastRun(line string) int {
	i := len(line)
	for i > 0 && isBase64(line[i-1]) {
		i--
	}
	return i
}

// overlap is the length of the longest end of a that b starts with, if it is
// at least leastPiece; both are at least that long.
func overlap(a, b string) int {
	from := max(len(a)-len(b), 0)
	for {
		i := strings.Index(a[from:], b[:leastPiece])
		if i < 0 {
			return 0
		}
		if from += i; strings.HasPrefix(b, a[from:]) {
			return len(a) - from
		}
		from++
	}
}

func isBase64(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '-' || c == '_'
}
