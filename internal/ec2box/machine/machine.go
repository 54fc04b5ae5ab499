package machine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/imds"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
	"github.com/ovenbird-io/ovenbird/internal/lines"
	"github.com/ovenbird-io/ovenbird/internal/proc"
)

// Machine is a machine that runs, or that has been stopped and can be started
// again with its disks and its address. The caller must Terminate it.
type Machine struct {
	host     *Host
	launch   world.Launch
	firmware string
	ip       string
	ports    []forward
	socket   string
	metadata *http.Server

	mu  sync.Mutex
	run *run // the last one
}

// run is a QEMU from its start to its end.
type run struct {
	qemu    *proc.Process
	stderr  *lines.Tail
	monitor *os.File
}

// Start starts a machine. It runs on when ctx ends.
func (h *Host) Start(ctx context.Context, l world.Launch) (world.Machine, error) {
	m, err := h.start(ctx, l)
	if err != nil {
		return nil, err
	}
	return m, nil
}

func (h *Host) start(ctx context.Context, l world.Launch) (*Machine, error) {
	firmware, err := firmware(l)
	if err != nil {
		return nil, err
	}
	ip, ports, err := h.address(ctx)
	if err != nil {
		return nil, err
	}
	m := &Machine{host: h, launch: l, firmware: firmware, ip: ip, ports: ports, socket: h.sockets.Join(l.ID)}
	h.mu.Lock()
	h.all[m] = true
	h.mu.Unlock()
	if err := m.serveMetadata(ctx); err != nil {
		h.release(m)
		return nil, err
	}
	if err := m.Start(ctx); err != nil {
		return nil, errors.Join(err, m.Terminate(context.WithoutCancel(ctx)))
	}
	return m, nil
}

func (m *Machine) serveMetadata(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", m.socket)
	if err != nil {
		return fmt.Errorf("serving the metadata of %s: %w", m.launch.ID, err)
	}
	service := imds.New(func() imds.Instance {
		in := m.launch.Metadata()
		in.MAC, in.PrivateIP = MAC(m.launch.ID), PrivateIP
		return in
	})
	m.metadata = &http.Server{Handler: service, ReadHeaderTimeout: time.Minute}
	go func() { _ = m.metadata.Serve(listener) }() // until Terminate
	return nil
}

// Start starts a machine that has been stopped.
func (m *Machine) Start(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.run != nil && !ended(m.run.qemu) {
		return fmt.Errorf("starting %s: it runs", m.launch.ID)
	}
	p := parts{
		launch: m.launch, firmware: m.firmware, accel: m.host.accelerator(ctx), most: m.host.o.MemoryMiB, ip: m.ip, ports: m.ports,
		socket: m.socket, helper: m.host.o.Helper, console: m.host.console(m.launch.ID),
	}
	ours, theirs, err := pair()
	if err != nil {
		return err
	}
	defer theirs.Close()
	next := &run{stderr: &lines.Tail{}, monitor: ours}
	cmd := exec.Command(m.host.o.QEMU, args(p)...) //nolint:noctx // it outlives ctx
	cmd.Stderr, cmd.ExtraFiles = next.stderr, []*os.File{theirs}
	if next.qemu, err = proc.Start(context.WithoutCancel(ctx), cmd); err != nil {
		return errors.Join(fmt.Errorf("starting the machine of %s: %w", m.launch.ID, err), ours.Close())
	}
	_ = theirs.Close() // or a dead QEMU would leave the connection open
	if err := greet(ours); err != nil {
		<-next.qemu.Done()
		return errors.Join(fmt.Errorf("starting the machine of %s: QEMU ended: %s", m.launch.ID, strings.TrimSpace(next.stderr.String())), ours.Close())
	}
	m.run = next
	return nil
}

func ended(p *proc.Process) bool {
	select {
	case <-p.Done():
		return true
	default:
		return false
	}
}

// Address is where the guest's SSH server is reached, the port being 22 where
// that can be bound.
func (m *Machine) Address() (host string, sshPort int) { return m.ip, m.ports[0].host }

// Port is where a port of the guest is reached on the machine's address, 0 if
// it is not.
func (m *Machine) Port(guest int) int {
	for _, f := range m.ports {
		if f.guest == guest {
			return f.host
		}
	}
	return 0
}

// Done is closed when the machine is off. After another Start it is another
// channel.
func (m *Machine) Done() <-chan struct{} { return m.current().qemu.Done() }

func (m *Machine) current() *run {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.run
}

// again is how often the power button is pressed: a guest that still boots does
// not notice it.
const again = 5 * time.Second

// Stop lets the guest power off; one that does not in time loses its power.
func (m *Machine) Stop(ctx context.Context) error {
	r := m.current()
	limit := time.NewTimer(m.host.o.StopLimit)
	defer limit.Stop()
	button := time.NewTicker(again)
	defer button.Stop()
	for {
		if err := command(r.monitor, "system_powerdown"); err != nil && !ended(r.qemu) {
			r.qemu.Kill() // it does not listen
		}
		select {
		case <-r.qemu.Done():
			_ = r.monitor.Close() // it may be closed already
			return nil
		case <-limit.C:
			r.qemu.Kill()
		case <-button.C:
		case <-ctx.Done():
			return fmt.Errorf("stopping the machine of %s: %w", m.launch.ID, context.Cause(ctx))
		}
	}
}

// Terminate ends the machine for good, at once, and gives back its address. Its
// disks are left to the caller.
func (m *Machine) Terminate(ctx context.Context) error {
	r := m.current()
	if r != nil {
		r.qemu.Kill()
		select {
		case <-r.qemu.Done():
		case <-ctx.Done():
			return fmt.Errorf("ending the machine of %s: %w", m.launch.ID, context.Cause(ctx))
		}
		_ = r.monitor.Close() // it may be closed already
	}
	m.host.release(m)
	_ = m.metadata.Close() // nothing depends on it any more
	return nil
}

// Console is the end of what the guest has written to its serial port.
func (m *Machine) Console() []byte {
	data, err := tail(m.host.console(m.launch.ID))
	if err != nil {
		return []byte(err.Error())
	}
	return data
}
