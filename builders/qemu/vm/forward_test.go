package vm

import (
	"testing"
)

func TestForwardedPort(t *testing.T) {
	const table = `Hub -1 (user.0):
  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ
  TCP[ESTABLISHED]   21       127.0.0.1 41234       10.0.2.15    22     0     0
  TCP[HOST_FORWARD]  12       127.0.0.1 40723       10.0.2.15    22     0     0
  TCP[HOST_FORWARD]  13       127.0.0.1  8080       10.0.2.15    80     0     0
`
	for guest, want := range map[int]int{22: 40723, 80: 8080, 5985: 0} {
		got, err := forwardedPort(table, guest)
		if got != want || (err == nil) != (want != 0) {
			t.Errorf("port to %d: %d, %v, want %d", guest, got, err, want)
		}
	}
}

func TestPortRange(t *testing.T) {
	for _, c := range [][4]int{{0, 0, 0, 0}, {3000, 0, 3000, 4444}, {5000, 0, 5000, 5000}, {0, 4000, 2222, 4000}, {0, 80, 80, 80}, {1, 2, 1, 2}} {
		if low, high := PortRange(c[0], c[1]); low != c[2] || high != c[3] {
			t.Errorf("%v: %d to %d", c, low, high)
		}
	}
}
