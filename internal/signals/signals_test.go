package signals

import (
	"context"
	"os"
	"syscall"
	"testing"
)

func TestContext(t *testing.T) {
	exited := make(chan struct{})
	ctx := Context(t.Context(), func() { close(exited) })
	send := func(s syscall.Signal) {
		if err := syscall.Kill(os.Getpid(), s); err != nil {
			t.Fatal(err)
		}
	}
	send(syscall.SIGPIPE) // a reader that went away ends nothing
	send(syscall.SIGTERM)
	<-ctx.Done()
	if got, want := context.Cause(ctx).Error(), `interrupted by the signal "terminated"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	send(syscall.SIGHUP)
	<-exited
}
