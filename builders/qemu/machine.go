package qemu

import (
	"context"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/builders/qemu/evidence"
	"github.com/ovenbird-io/ovenbird/builders/qemu/frozen"
	"github.com/ovenbird-io/ovenbird/builders/qemu/hardware"
	"github.com/ovenbird-io/ovenbird/builders/qemu/login"
	"github.com/ovenbird-io/ovenbird/builders/qemu/vm"
	"github.com/ovenbird-io/ovenbird/internal/fileserver"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/scratch"
	"github.com/ovenbird-io/ovenbird/internal/sshguest"
	"github.com/ovenbird-io/ovenbird/internal/sshkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/internal/undo"
)

// emulatedPatience is how many times longer an emulated guest may take.
const emulatedPatience = 4

// machine is a running QEMU.
type machine struct {
	b       *Builder
	out     *ui.UI
	undo    undo.Stack
	accel   string
	login   login.Login
	image   *scratch.Dir // becomes the output folder
	private *scratch.Dir // sockets, seed, console log
	base    string       // what the disks stand on
	release func() error // lets go of it
	disks   []hardware.Disk
	layers  *frozen.Layers // what the disks are in a machine that can be frozen, else nil
	resumed bool           // it was frozen, and not booted
	wakes   bool           // its guest can be woken when it was frozen
	vm      *vm.VM
	files   *fileserver.Server
	port    int // where the guest's SSH server is reached
	client  *sshguest.Client
	sealed  bool // the image is published
	keep    bool // its disk stays after a failure
}

// Guest waits until the guest lets us in and is ready.
func (m *machine) Guest(ctx context.Context) (guest.Guest, error) {
	if m.b.Communicator == "none" {
		return nil, nil //nolint:nilnil // no guest is no error: builders.Machine says so
	}
	ctx, cancel := m.vm.Watch(ctx)
	defer cancel()
	target, err := m.b.Target(m.host(), m.port, m.login.Signers()...)
	if err != nil {
		return nil, err
	}
	target.User, target.HostKeys = m.login.User, m.login.HostKeys
	target.Timeout = m.patience(target.Timeout)
	if m.accel == "tcg" {
		target.HandshakeAttempts *= emulatedPatience
	}
	if m.resumed { // it was there already
		target.Timeout = m.patience(time.Minute)
	} else {
		m.out.Say("waiting for SSH on %s", target.Addr)
	}
	if m.client, err = sshguest.Dial(ctx, target); err != nil {
		return nil, err
	}
	m.undo.Push(func(context.Context) error { return m.client.Close() })
	if m.resumed {
		err = guest.Wake(ctx, m.client, m.become(), m.out)
		m.wakes = err == nil
	} else {
		m.out.Say("connected; waiting until the guest is ready")
		err = guest.Ready(ctx, m.client, m.out)
	}
	if err != nil {
		return nil, err
	}
	return m.vm.Visit(m.client, m.b.Hotplugs()), nil
}

// become is how root's work is done in the guest.
func (m *machine) become() guest.Become {
	return guest.Become{User: "root", Password: m.b.Password, Self: m.login.User}
}

func (m *machine) host() string {
	if m.b.Host != "" {
		return m.b.Host
	}
	return "127.0.0.1"
}

func (m *machine) patience(d time.Duration) time.Duration {
	if m.accel == "tcg" {
		return d * emulatedPatience
	}
	return d
}

// Info is what templates see as build.*.
func (m *machine) Info() builders.Info {
	info := builders.Info{
		ID: "VM", Host: m.host(), Port: m.port, User: m.login.User, Password: m.b.Password,
		ConnType: m.b.Communicator, HTTPIP: m.b.hostIP(),
		SSHPublicKey: m.login.Key.Authorized, SSHPrivateKey: m.login.Key.PEM,
	}
	switch {
	case m.b.PrivateKeyFile != "":
		if pem, err := sshkey.PEM(m.b.PrivateKeyFile); err == nil { // it was read when we logged in
			m.out.Hide(pem)
			info.SSHPrivateKey = pem
		}
	case m.b.AgentAuth:
		info.SSHPrivateKey = "" // the agent's keys let us in
	}
	if m.files != nil {
		info.HTTPPort = m.files.Port()
	}
	return info
}

// Explain tells what the guest showed, and saves the console's log and a
// screenshot beside the output folder.
func (m *machine) Explain(ctx context.Context) []string {
	return evidence.Collect(ctx, m.vm, m.private.Join(evidence.Console), evidence.Folder(m.b.OutputDirectory), m.client != nil)
}

// Close stops the machine, if it still runs, and removes all but the artifact.
func (m *machine) Close(ctx context.Context) error {
	m.keep = m.b.env.Keep && !m.sealed
	return m.undo.Run(ctx)
}
