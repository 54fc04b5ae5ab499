package machine

import (
	"context"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/imds"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// newHost makes a host whose QEMU is this test program.
func newHost(t *testing.T, button string) *Host {
	t.Helper()
	t.Setenv(fakeVariable, button)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(Options{Dir: t.TempDir(), QEMU: self, Accel: "tcg", Helper: []string{self, "pipe"}, Ports: []int{80}, StopLimit: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return h
}

func launch(id string) world.Launch {
	return world.Launch{
		ID: id, Type: "t3.micro", Disks: []string{"/a,b", "/c"}, Volumes: []string{"vol-0123456789abcdef0"},
		Metadata: func() imds.Instance { return imds.Instance{ID: id} },
	}
}

func TestLife(t *testing.T) {
	h := newHost(t, "off")
	m, err := h.start(t.Context(), launch("i-1"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := h.start(t.Context(), launch("i-2"))
	if err != nil {
		t.Fatal(err)
	}
	ip, port := m.Address()
	if ip2, _ := other.Address(); ip == ip2 || !net.ParseIP(ip).IsLoopback() || port != 22 && port != 2222 || m.Port(80) == 0 || m.Port(81) != 0 {
		t.Errorf("the addresses are %s:%d and %s; port 80 is at %d", ip, port, ip2, m.Port(80))
	}
	first := m.Done()
	if err := m.Start(t.Context()); err == nil {
		t.Error("a machine that runs is started")
	}
	if err := m.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-first
	if err := m.Stop(t.Context()); err != nil {
		t.Errorf("stopping what is off: %v", err)
	}
	if err := m.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-m.Done():
		t.Error("a machine that was started again is off")
	default:
	}
	if again, _ := m.Address(); again != ip {
		t.Errorf("its address is %s, was %s", again, ip)
	}
	if text := string(m.Console()); strings.Count(text, "i-1") != 2 {
		t.Errorf("the guest got from its metadata service: %q", text)
	}
	if err := m.Terminate(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-m.Done()
	if len(h.taken) != 1 || len(h.all) != 1 {
		t.Errorf("addresses %v and %d machines are left", h.taken, len(h.all))
	}
}

func TestTrouble(t *testing.T) {
	t.Run("a guest that does not power off", func(t *testing.T) {
		m, err := newHost(t, "ignore").start(t.Context(), launch("i-1"))
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-m.Done()
	})
	t.Run("a QEMU that does not start", func(t *testing.T) {
		h := newHost(t, "refuse")
		if _, err := h.start(t.Context(), launch("i-1")); err == nil || !strings.Contains(err.Error(), "i-1") || !strings.Contains(err.Error(), "no such machine") {
			t.Errorf("the error is %v", err)
		}
		if len(h.taken) > 0 || len(h.all) > 0 {
			t.Error("something is left")
		}
	})
	t.Run("another processor", func(t *testing.T) {
		l := launch("i-1")
		l.Arch = "arm64"
		if m, err := newHost(t, "off").Start(t.Context(), l); err == nil || m != nil || !strings.Contains(err.Error(), "arm64") {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("no QEMU", func(t *testing.T) {
		h := newHost(t, "off")
		h.o.QEMU = "/nonexistent"
		if _, err := h.start(t.Context(), launch("i-1")); err == nil || len(h.taken) > 0 {
			t.Errorf("the error is %v", err)
		}
	})
}

// TestAddressInUse leaves alone the ports that others have.
func TestAddressInUse(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, text, _ := net.SplitHostPort(l.Addr().String())
	port, _ := strconv.Atoi(text)
	got := forwards(t.Context(), "127.0.0.1", []int{port})
	if len(got) == 1 && got[0].host == port {
		t.Error("a port in use is taken")
	}
}

func TestArgs(t *testing.T) {
	l := launch("i-0abc")
	line := " " + strings.Join(args(parts{
		launch: l, accel: "tcg", most: 2048, ip: "127.0.0.9", ports: []forward{{2222, 22}, {8080, 80}},
		socket: "/s/i-0abc", helper: []string{"/it's,a/bird", "pipe"}, console: "/c,d",
	}), " ") + " "
	for _, want := range []string{
		" -smp 2 -m 1024M ", ",hostfwd=tcp:127.0.0.9:2222-:22,hostfwd=tcp:127.0.0.9:8080-:80,",
		`,guestfwd=tcp:169.254.169.254:80-cmd:'/it'\''s,,a/bird' 'pipe' '/s/i-0abc' `,
		"file.filename=/a,,b -device virtio-blk-pci,drive=disk0,bootindex=0,serial=vol0123456789abcdef0 ",
		"drive=disk1,bootindex=1,serial=vol1 ", "manufacturer=Amazon EC2,product=t3.micro,", "asset=i-0abc ", "path=/c,,d ",
		"mac=" + MAC("i-0abc"),
	} {
		if !strings.Contains(line, want) {
			t.Errorf("no %q in %s", want, line)
		}
	}
	uuid := regexp.MustCompile(`uuid=(ec2[0-9a-f]{5}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}),serial=(\S+) `).FindStringSubmatch(line)
	if uuid == nil || uuid[1] != uuid[2] {
		t.Errorf("the uuid and the serial number are %q in %s", uuid, line)
	}
}

func TestSize(t *testing.T) {
	for kind, want := range map[string][2]int{
		"t3.nano": {1, 512}, "t3.micro": {2, 1024}, "t2.small": {2, 2048}, "c5.large": {2, 3000}, "": {2, 3000},
	} {
		if cpus, mib := size(kind, 3000); cpus != want[0] || mib != want[1] {
			t.Errorf("%s: %d processors and %d MiB", kind, cpus, mib)
		}
	}
}
