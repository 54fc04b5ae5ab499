package vm

import (
	"bytes"
	"strings"
	"testing"
)

func TestConsoleNamesTheTrouble(t *testing.T) {
	cases := []struct{ name, said, meaning, last string }{
		{"panic", "[ 1.0] Kernel panic - not syncing: VFS: Unable to mount root\n[ 1.1] CPU: 0\n", "kernel panicked", "[ 1.1] CPU: 0"},
		{"panic wins", "Kernel panic - not syncing\ndebian login: ", "kernel panicked", "debian login:"},
		{"initramfs", "ALERT!  LABEL=root does not exist.\n(initramfs) ", "initramfs prompt", "(initramfs)"},
		{"login", "\x1b[0;32mOK\x1b[0m ssh\r\ndebian login: ", "login prompt", "debian login:"},
		{"nothing to boot", "Booting from Hard Disk...\nNo bootable device.\n", "nothing to boot", "No bootable device."},
		{"all is well", "[ OK ] Started\n", "", "[ OK ] Started"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var log bytes.Buffer
			k := newConsole(&log)
			for _, b := range []byte(c.said) { // as it comes: byte by byte
				_, _ = k.Write([]byte{b})
			}
			lines, meaning := k.last(1)
			if !strings.Contains(meaning, c.meaning) || c.meaning == "" && meaning != "" {
				t.Errorf("meaning %q, want %q", meaning, c.meaning)
			}
			if len(lines) != 1 || lines[0] != c.last {
				t.Errorf("last line %q, want %q", lines, c.last)
			}
			if log.String() != c.said {
				t.Errorf("logged %q", log.String())
			}
			select {
			case <-k.panic:
				if !strings.Contains(c.meaning, "panicked") {
					t.Error("a panic is reported")
				}
			default:
				if strings.Contains(c.meaning, "panicked") {
					t.Error("no panic is reported")
				}
			}
		})
	}
}

func TestConsoleIsBounded(t *testing.T) {
	var log bytes.Buffer
	k := newConsole(&log)
	for range 100 {
		_, _ = k.Write(bytes.Repeat([]byte("x"), 1000)) // never a newline
	}
	for range 1000 {
		_, _ = k.Write([]byte("line\n"))
	}
	if lines, _ := k.last(1000); len(lines) > tailLines {
		t.Errorf("%d lines are kept", len(lines))
	}
	if cap(k.line) > 8192 {
		t.Errorf("%d bytes are kept of a line", cap(k.line))
	}
}
