package machine

import (
	"bufio"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
)

func TestForwarded(t *testing.T) {
	for _, c := range []struct{ name, table, want string }{
		{"one forward", "Hub -1 (net):\n  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\n  TCP[HOST_FORWARD]  14       127.0.0.1 41567       10.0.2.15    80     0     0\n", "41567"},
		{"other traffic only", "  TCP[ESTABLISHED]  14       127.0.0.1 41567       10.0.2.15    80     0     0\n", ""},
		{"empty", "", ""},
	} {
		if got := forwarded(c.table); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestUsernet(t *testing.T) {
	for _, c := range []struct {
		name    string
		replies []string
		want    string
		fails   string
	}{
		{"answer", []string{`{"return":{}}`, `{"return":"table"}`}, "table", ""},
		{"events in between", []string{`{"return":{}}`, `{"event":"RESUME"}`, `{"return":"table"}`}, "table", ""},
		{"refused", []string{`{"error":{"class":"CommandNotFound"}}`}, "", "CommandNotFound"},
		{"hung up", []string{`{"return":{}}`}, "", "hung up"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ours, qemu := net.Pipe()
			go func() {
				defer qemu.Close()
				fmt.Fprintln(qemu, `{"QMP":{}}`)
				in := bufio.NewScanner(qemu)
				for range 2 {
					in.Scan()
				}
				for _, r := range c.replies {
					fmt.Fprintln(qemu, r)
				}
			}()
			got, err := usernet(ours)
			if got != c.want || (err == nil) != (c.fails == "") || (err != nil && !strings.Contains(err.Error(), c.fails)) {
				t.Errorf("got %q, %v; want %q, %q", got, err, c.want, c.fails)
			}
		})
	}
}

func TestArgs(t *testing.T) {
	m := &Machine{dir: "/d"}
	plain, seeded := m.args(Options{Port: 80}), m.args(Options{Port: 80, UserData: "#cloud-config"})
	if !slices.ContainsFunc(plain, func(a string) bool { return strings.Contains(a, "hostfwd=tcp:127.0.0.1:0-:80") }) {
		t.Errorf("the forward is not on loopback, port 0: %v", plain)
	}
	if strings.Contains(strings.Join(plain, " "), "seed.iso") || !strings.Contains(strings.Join(seeded, " "), "file=/d/seed.iso") {
		t.Errorf("a seed is attached exactly when there is user-data: %v", seeded)
	}
}

func TestTail(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{{"a\nb\nc\n", 2, "b\nc"}, {"a", 5, "a"}, {"", 1, ""}} {
		if got := tail(c.text, c.n); got != c.want {
			t.Errorf("tail(%q, %d) = %q, want %q", c.text, c.n, got, c.want)
		}
	}
}
