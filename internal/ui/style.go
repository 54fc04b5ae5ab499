package ui

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// ANSI attributes; builds take turns with the five of hues.
const (
	red    = "1;31"
	yellow = "1;33"
	dim    = "2"
)

func hues() []string { return []string{"1;32", "1;36", "1;35", "1;33", "1;34"} }

// hue is the colour of a build, given out in the order builds show up.
func (p *plain) hue(build string) string {
	if build == "" {
		return ""
	}
	n, ok := p.builds[build]
	if !ok {
		n = len(p.builds)
		p.builds[build] = n
	}
	all := hues()
	return all[n%len(all)]
}

func (p *plain) paint(attr, text string) string {
	if !p.color || attr == "" || text == "" {
		return text
	}
	return "\x1b[" + attr + "m" + text + "\x1b[0m"
}

// brief writes a duration for a column: "0.3s", "41.2s", "2m31s", "1h02m".
func brief(d time.Duration) string {
	switch {
	case d < time.Minute-50*time.Millisecond:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Hour:
		d = d.Round(time.Second)
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

// Spell writes a duration in words, with its two largest units.
func Spell(d time.Duration) string {
	units := []struct {
		name string
		size time.Duration
	}{{"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}, {"millisecond", time.Millisecond}}
	text, n := "", 0
	for _, u := range units {
		count := d / u.size
		d -= count * u.size
		if count > 0 {
			if text != "" {
				text += " "
			}
			text += fmt.Sprintf("%d %s", count, u.name)
			if count > 1 {
				text += "s"
			}
		}
		if count > 0 || n > 0 {
			n++
		}
		if n == 2 {
			break
		}
	}
	if text == "" {
		return "less than a millisecond"
	}
	return text
}

// Size writes a number of bytes with a binary unit.
func Size(n int64) string {
	const units = "KMGTP"
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	f, i := float64(n)/1024, 0
	for f >= 1024 && i < len(units)-1 {
		f, i = f/1024, i+1
	}
	return fmt.Sprintf("%.1f %ciB", f, units[i])
}

// Width is how wide the terminal w is, in columns; 0 if it is none, or useless.
func Width(w io.Writer) uint {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	n, _, err := term.GetSize(int(f.Fd()))
	if err != nil || n < 40 {
		return 0
	}
	return uint(n)
}
