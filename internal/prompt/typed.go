package prompt

import (
	"context"
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// longestTyped is the longest line, in bytes, that Linux hands over at a terminal.
const longestTyped = 4096

// forget drops what was typed at a terminal and not read yet.
func forget(terminal *os.File) {
	_ = unix.IoctlSetInt(int(terminal.Fd()), unix.TCFLSH, unix.TCIFLUSH) // at worst it counts as typed later
}

// typed is the next line typed at a terminal; ok is false at the end of its
// input or of ctx. Nothing is read from the terminal before or after.
func typed(ctx context.Context, terminal *os.File) (line string, ok bool) {
	ended, end, err := os.Pipe()
	if err != nil {
		return "", false
	}
	defer ended.Close()
	defer end.Close()
	defer context.AfterFunc(ctx, func() { _ = end.Close() })()
	fd := int(terminal.Fd())
	wait := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}, {Fd: int32(ended.Fd()), Events: unix.POLLIN}}
	buf := make([]byte, longestTyped)
	for {
		_, err := unix.Poll(wait, -1)
		n := 0
		if err == nil && wait[1].Revents == 0 {
			n, err = unix.Read(fd, buf)
		}
		if errors.Is(err, unix.EINTR) || errors.Is(err, unix.EAGAIN) {
			continue
		}
		return string(buf[:max(n, 0)]), n > 0
	}
}
