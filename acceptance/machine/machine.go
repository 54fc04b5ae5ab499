// Package machine boots an artifact the way its user would, with plain QEMU,
// and asks its service. The demo and the acceptance tests share it.
package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/proc"
	"github.com/ovenbird-io/ovenbird/internal/seed"
)

// Options say what to boot.
type Options struct {
	Disk     string // the artifact; it is not changed, writes go to an overlay in Dir
	Format   string // of the artifact, "" is qcow2
	Dir      string // an existing folder for the overlay, sockets and the console log
	UserData string // for cloud-init; "" boots without a seed
	Port     int    // the TCP port of the guest to reach
}

// Machine is a running guest; whoever holds one must Stop it.
type Machine struct {
	URL string // http://127.0.0.1:PORT, forwarded to the guest's port

	dir    string
	stderr bytes.Buffer
	qemu   *proc.Process
	qmp    net.Conn
}

// Start boots the artifact and returns once QEMU has told which port it took.
// The machine dies with ctx and with this process.
func Start(ctx context.Context, o Options) (m *Machine, err error) {
	disk, err := filepath.Abs(o.Disk)
	if err != nil {
		return nil, err
	}
	m = &Machine{dir: o.Dir}
	if o.Format == "" {
		o.Format = "qcow2"
	}
	create := exec.CommandContext(ctx, "qemu-img", "create", "-q", "-f", "qcow2", "-F", o.Format, "-b", disk, m.path("overlay.qcow2"))
	if said, err := create.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("making an overlay of %s: %w: %s", disk, err, said)
	}
	if o.UserData != "" {
		if err := seed.Write(m.path("seed.iso"), "cidata", seed.NoCloud(o.UserData, "instance-id: appliance-1\n", "")); err != nil {
			return nil, err
		}
	}
	// QEMU connects to a socket that is there already, so nothing is polled.
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", m.path("qmp.sock"))
	if err != nil {
		return nil, fmt.Errorf("listening for QEMU: %w", err)
	}
	defer func() { err = errors.Join(err, listener.Close()) }()
	cmd := exec.CommandContext(ctx, "qemu-system-x86_64", m.args(o)...)
	cmd.Stderr = &m.stderr
	if m.qemu, err = proc.Start(ctx, cmd); err != nil {
		return nil, fmt.Errorf("starting QEMU: %w", err)
	}
	if err := m.connect(ctx, listener); err != nil {
		return nil, errors.Join(err, m.Stop())
	}
	return m, nil
}

func (m *Machine) path(name string) string { return filepath.Join(m.dir, name) }

// args is QEMU's command line.
func (m *Machine) args(o Options) []string {
	args := []string{
		"-accel", accelerator(), "-m", "768", "-smp", "2", "-display", "none", "-monitor", "none",
		"-serial", "file:" + m.path("console.log"),
		"-chardev", "socket,id=qmp,path=" + m.path("qmp.sock"), "-mon", "chardev=qmp,mode=control",
		"-drive", "if=virtio,format=qcow2,cache=unsafe,file=" + m.path("overlay.qcow2"),
		"-nic", fmt.Sprintf("user,id=net,model=virtio-net-pci,hostfwd=tcp:127.0.0.1:0-:%d", o.Port),
		"-device", "virtio-rng-pci",
	}
	if o.UserData != "" {
		args = append(args, "-drive", "if=virtio,format=raw,readonly=on,file="+m.path("seed.iso"))
	}
	return args
}

// accelerator is kvm where a processor with virtualisation says so; a /dev/kvm
// without it hangs 64-bit guests.
func accelerator() string {
	cpu, err := os.ReadFile("/proc/cpuinfo")
	if err != nil || !(bytes.Contains(cpu, []byte(" vmx ")) || bytes.Contains(cpu, []byte(" svm "))) {
		return "tcg"
	}
	kvm, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if err != nil {
		return "tcg"
	}
	if err := kvm.Close(); err != nil {
		return "tcg"
	}
	return "kvm"
}

// Get asks the guest for a path until the answer satisfies ok, and returns it.
// It gives up when ctx ends or QEMU dies, and then shows the console.
func (m *Machine) Get(ctx context.Context, path string, ok func(status int, body string) bool) (string, error) {
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	last := "nothing yet"
	for {
		status, body, err := get(ctx, client, m.URL+path)
		switch {
		case err != nil:
			last = err.Error()
		case ok(status, body):
			return body, nil
		default:
			last = fmt.Sprintf("%d %s", status, body)
		}
		select {
		case <-tick.C:
		case <-m.qemu.Done():
			return "", fmt.Errorf("asking %s: QEMU ended: %s", path, m.stderr.String())
		case <-ctx.Done():
			return "", fmt.Errorf("asking %s: %w; last answer: %s; console:\n%s", path, context.Cause(ctx), last, tail(m.Console(), 30))
		}
	}
}

func get(ctx context.Context, client *http.Client, url string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, string(body), errors.Join(err, resp.Body.Close())
}

// Console is what the guest has written to its serial port so far.
func (m *Machine) Console() string {
	text, err := os.ReadFile(m.path("console.log"))
	if err != nil {
		return ""
	}
	return string(text)
}

// Stop kills the machine and waits for its end. It may be called twice.
func (m *Machine) Stop() error {
	m.qemu.Kill()
	<-m.qemu.Done()
	if m.qmp != nil {
		return ignoreClosed(m.qmp.Close())
	}
	return nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// tail is the last n lines of text.
func tail(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
