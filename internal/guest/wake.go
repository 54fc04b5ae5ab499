package guest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// wakeScript sets the clock, which stood while the guest was frozen, to the
// time that it is told once it has asked for it, and meanwhile makes its random
// numbers differ from those of other guests that were woken from the same
// state: what is mixed into the kernel's pool counts only once it is asked to
// reseed (random(4), RNDRESEEDCRNG), which needs a program that can ask. Then
// it waits as any guest does that was not frozen.
const wakeScript = `exec 3<&0
echo ready
IFS= read -r now
{ ` + reseed + `
} <&3 &
date -u -s "@$now" >/dev/null 2>&1 || date -u -s "@${now%.*}" >/dev/null || now=
wait "$!" && [ -n "$now" ] || exit 1
` + readyScript

const reseed = `if command -v perl >/dev/null 2>&1; then
	perl -e '$b = pack("H128", <STDIN>); open(F, "+<", "/dev/urandom") or die "$!\n"; syswrite(F, $b) == 64 or die "$!\n"; ioctl(F, 0x5207, 0) or die "$!\n"'
elif command -v python3 >/dev/null 2>&1; then
	python3 -c 'import fcntl,os
b=bytes.fromhex(input()); f=os.open("/dev/urandom",os.O_RDWR); os.write(f,b); fcntl.ioctl(f,0x5207,0)'
else
	echo "neither perl nor python3 is there to reseed the random numbers with" >&2; exit 1
fi`

// Wakes tells whether a guest that is frozen now could be woken: that takes
// root's rights and a way to reseed random numbers.
func Wakes(ctx context.Context, g Guest, root Become) error {
	if err := rooted(ctx, g, root, Command{Line: Script(reseed), Stdin: seed()}); err != nil {
		return fmt.Errorf("trying what a frozen guest would need: %w", err)
	}
	return nil
}

// Wake readies a guest that was frozen: its clock, its random numbers, and the
// locks of its package manager, as Ready does. It is a single round trip.
func Wake(ctx context.Context, g Guest, root Become, out *ui.UI) error {
	said := readiness(out)
	now := &clock{asked: make(chan struct{}), rest: said}
	defer now.tell() // or the reading of a guest that never asks would not end
	c := Command{Line: Script(wakeScript, readySeconds()), Stdin: io.MultiReader(now, seed()), Stdout: now}
	if err := rooted(ctx, g, root, c); err != nil {
		return fmt.Errorf("waking the guest: %w", err)
	}
	return nil
}

// seed is a line of fresh random numbers.
func seed() io.Reader {
	b := make([]byte, 64)
	_, _ = rand.Read(b) // it never fails
	return strings.NewReader(hex.EncodeToString(b) + "\n")
}

// clock is a line with the time, in seconds since 1970, at which the guest has
// asked for it by writing something.
type clock struct {
	rest  io.Writer // gets what is written
	once  sync.Once
	asked chan struct{}
	line  *strings.Reader
}

func (c *clock) Write(p []byte) (int, error) {
	c.tell()
	return c.rest.Write(p)
}

func (c *clock) tell() { c.once.Do(func() { close(c.asked) }) }

func (c *clock) Read(p []byte) (int, error) {
	if c.line == nil {
		<-c.asked
		c.line = strings.NewReader(fmt.Sprintf("%.3f\n", float64(time.Now().UnixMilli())/1000))
	}
	return c.line.Read(p)
}

// rooted runs a command as root; what it complains of is in the error.
func rooted(ctx context.Context, g Guest, root Become, c Command) error {
	var said bytes.Buffer
	c.Stderr = &said
	err := g.Run(ctx, root.Command(c))
	if exit := (*ExitError)(nil); errors.As(err, &exit) && said.Len() > 0 {
		return fmt.Errorf("%s: %w", bytes.TrimSpace(said.Bytes()), err)
	}
	return err
}
