package amazontest

import (
	"net"
	"os/exec"
	"testing"
	"time"
)

// Moto starts moto, an EC2 that is not ours and knows less, and gives the
// address where it listens. A test without it, or without time, is skipped.
func Moto(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("moto_server")
	if err != nil || testing.Short() {
		t.Skip("there is no moto_server, or no time")
	}
	free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	free.Close()
	_, port, _ := net.SplitHostPort(addr)
	c := exec.CommandContext(t.Context(), program, "-H", "127.0.0.1", "-p", port)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Wait() })
	look, end := time.NewTicker(100*time.Millisecond), time.After(time.Minute)
	defer look.Stop()
	for {
		if conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr); err == nil {
			conn.Close()
			return addr
		}
		select {
		case <-look.C:
		case <-end:
			t.Fatal("moto did not start")
		}
	}
}
