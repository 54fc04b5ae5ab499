// Package world is all that the sandbox EC2 knows: its records, and how they
// change.
package world

import (
	"context"
	"sync"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/imds"
)

// Machines runs instances.
type Machines interface {
	// Start starts a machine, which runs on when ctx ends.
	Start(ctx context.Context, l Launch) (Machine, error)
}

// Launch is what to start.
type Launch struct {
	ID       string   // of the instance
	Type     string   // of the instance, such as "t3.micro"
	Arch     string   // x86_64 or arm64
	BootMode string   // legacy-bios or uefi
	Disks    []string // qcow2 files, the one to boot first; none where Machines wants none
	Volumes  []string // the ids of the disks
	// Metadata is what the guest may learn at 169.254.169.254. It may be asked at
	// any moment, and knows what changes. MAC and PrivateIP are the caller's to set.
	Metadata func() imds.Instance
}

// Machine is a machine that runs, or that was stopped and can be started again
// with its disks and its address.
type Machine interface {
	// Address is where the guest's SSH server is reached.
	Address() (host string, sshPort int)
	// Stop lets the guest power off, and waits for it.
	Stop(ctx context.Context) error
	// Start starts a machine that is off.
	Start(ctx context.Context) error
	// Terminate ends the machine for good, at once.
	Terminate(ctx context.Context) error
	// Console is the end of what the guest has written to its serial port.
	Console() []byte
	// Done is closed when the machine is off; after another Start it is another channel.
	Done() <-chan struct{}
}

// Diskless is what Machines has that wants no files of volumes.
type Diskless interface{ Diskless() }

// NoMachines starts machines that are nothing but a state, for tests.
type NoMachines struct {
	Host string // where an SSH server stands in for all guests; "" is 127.0.0.1
	Port int    // of that server; 0 is 22
	Err  error  // what each start ends with

	mu  sync.Mutex
	all []*NoMachine
}

// Diskless says that no files are needed.
func (*NoMachines) Diskless() {}

// Start starts nothing.
func (n *NoMachines) Start(_ context.Context, l Launch) (Machine, error) {
	if n.Err != nil {
		return nil, n.Err
	}
	m := &NoMachine{Launch: l, host: "127.0.0.1", port: 22, done: make(chan struct{})}
	if n.Host != "" {
		m.host = n.Host
	}
	if n.Port != 0 {
		m.port = n.Port
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, m)
	return m, nil
}

// Started lists all machines in the order of their start.
func (n *NoMachines) Started() []*NoMachine {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]*NoMachine(nil), n.all...)
}

// NoMachine is a machine that is nothing but a state.
type NoMachine struct {
	Launch Launch

	host string
	port int
	mu   sync.Mutex
	done chan struct{}
}

// Address is that of the server that stands in for the guest's.
func (m *NoMachine) Address() (host string, sshPort int) { return m.host, m.port }

// PowerOff is what a guest does that shuts itself down.
func (m *NoMachine) PowerOff() {
	m.mu.Lock()
	defer m.mu.Unlock()
	select {
	case <-m.done:
	default:
		close(m.done)
	}
}

// Stop ends it.
func (m *NoMachine) Stop(context.Context) error { m.PowerOff(); return nil }

// Terminate ends it.
func (m *NoMachine) Terminate(context.Context) error { m.PowerOff(); return nil }

// Start starts it again.
func (m *NoMachine) Start(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done = make(chan struct{})
	return nil
}

// Console is a line that tests can look for.
func (m *NoMachine) Console() []byte { return []byte("console of " + m.Launch.ID + "\n") }

// Done is closed when it is off.
func (m *NoMachine) Done() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.done
}
