// Package machine runs the sandbox's instances: QEMU machines that believe to
// be on EC2, each with a loopback address of its own.
package machine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/accel"
	"github.com/ovenbird-io/ovenbird/internal/scratch"
)

// Options say how machines are run.
type Options struct {
	Dir       string        // where consoles are logged, a folder that exists
	QEMU      string        // the program; "" is qemu-system-x86_64
	Accel     string        // kvm or tcg; "" is kvm where a test guest proves that it works
	Helper    []string      // a program that joins its standard input and output with the unix socket named by a further argument
	MemoryMiB int           // the most that a machine gets, whatever its type; 0 is 2048
	Ports     []int         // of guests that can be reached beside 22
	StopLimit time.Duration // for a guest that is to power off, before its power is cut; 0 is two minutes
}

// Host runs machines until it is Closed.
type Host struct {
	o       Options
	sockets *scratch.Dir

	mu     sync.Mutex
	taken  map[string]bool // addresses
	probed bool
	all    map[*Machine]bool
}

// New makes a host without machines.
func New(o Options) (*Host, error) {
	if o.QEMU == "" {
		o.QEMU = "qemu-system-x86_64"
	}
	if o.MemoryMiB == 0 {
		o.MemoryMiB = 2048
	}
	if o.StopLimit == 0 {
		o.StopLimit = 2 * time.Minute
	}
	sockets, err := scratch.New("", "ec2box-") // their names must be short
	if err != nil {
		return nil, err
	}
	return &Host{o: o, sockets: sockets, taken: map[string]bool{}, all: map[*Machine]bool{}}, nil
}

// Close ends all machines at once.
func (h *Host) Close(ctx context.Context) error {
	h.mu.Lock()
	var errs []error
	var all []*Machine
	for m := range h.all {
		all = append(all, m)
	}
	h.mu.Unlock()
	for _, m := range all {
		errs = append(errs, m.Terminate(ctx))
	}
	return errors.Join(append(errs, h.sockets.Remove())...)
}

// accelerator finds out once what there is.
func (h *Host) accelerator(ctx context.Context) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.o.Accel == "" && !h.probed {
		h.o.Accel, h.probed = accel.Probe(ctx, h.o.QEMU).Name, true
	}
	return h.o.Accel
}

// forward is a port of the host that leads to one of a guest.
type forward struct{ host, guest int }

// spare is where a guest's port is found when its own number cannot be bound,
// as those below 1024 cannot without privileges.
func spare(port int) int {
	if port == 22 {
		return 2222
	}
	return 8000 + port%8000
}

// address takes a loopback address that nothing uses, and finds its ports.
func (h *Host) address(ctx context.Context) (ip string, ports []forward, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	first := rand.IntN(250) // so that two sandboxes seldom meet
	for i := range 250 {
		ip := "127.0.0." + strconv.Itoa(2+(first+i)%250)
		if h.taken[ip] {
			continue
		}
		if ports = forwards(ctx, ip, append([]int{22}, h.o.Ports...)); ports != nil {
			h.taken[ip] = true
			return ip, ports, nil
		}
	}
	return "", nil, errors.New("there is no loopback address left for another machine")
}

func (h *Host) release(m *Machine) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.taken, m.ip)
	delete(h.all, m)
}

// forwards chooses for each guest's port one of an address, nil if one cannot
// be had.
func forwards(ctx context.Context, ip string, guest []int) []forward {
	var all []forward
	for _, port := range guest {
		at := port
		if !free(ctx, ip, at) {
			if at = spare(port); !free(ctx, ip, at) {
				return nil
			}
		}
		all = append(all, forward{at, port})
	}
	return all
}

func free(ctx context.Context, ip string, port int) bool {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(ip, strconv.Itoa(port)))
	if err != nil {
		return false
	}
	return l.Close() == nil
}

// consoleKept is how much of a console can be had, in bytes, as on EC2.
const consoleKept = 64 << 10

// tail reads the end of a file that may not be there.
func tail(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	data := make([]byte, min(info.Size(), consoleKept))
	n, err := f.ReadAt(data, info.Size()-int64(len(data)))
	if n == len(data) {
		err = nil
	}
	return data[:n], err
}

// pair makes two ends of a connection, the first one for us.
func pair() (ours, theirs *os.File, err error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("making the monitor's connection: %w", err)
	}
	if err := syscall.SetNonblock(fds[0], true); err != nil {
		return nil, nil, fmt.Errorf("making the monitor's connection: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "monitor"), os.NewFile(uintptr(fds[1]), "monitor"), nil
}

func (h *Host) console(id string) string { return filepath.Join(h.o.Dir, id+".console") }
