// Package null runs provisioners on a host that is there already. It is the
// smallest builder, and the one to copy when adding one.
package null

import (
	"context"
	"errors"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/communicator"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/sshguest"
	"github.com/ovenbird-io/ovenbird/internal/sshkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Builder enters a host; it starts and makes nothing.
type Builder struct {
	communicator.SSH `hcl:",remain"`
}

// New makes a builder with its defaults.
func New(builders.Env) builders.Builder {
	return &Builder{SSH: communicator.Defaults()}
}

// Validate checks the options: whose host it is, and one way to log in.
func (b *Builder) Validate() error {
	errs := []error{b.SSH.Validate()}
	if b.Communicator != "ssh" {
		return errors.Join(errs...)
	}
	if b.Host == "" {
		errs = append(errs, option.Bad("ssh_host", "It is required: the host to provision. With communicator = \"none\" there is none."))
	}
	if b.Username == "" {
		errs = append(errs, option.Bad("ssh_username", "It is required: whom to log in as."))
	}
	ways := 0
	for _, given := range []bool{b.Password != "", b.PrivateKeyFile != "", b.AgentAuth} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		errs = append(errs, option.Bad("ssh_host", "%d ways to log in there; set one of ssh_private_key_file, ssh_password and ssh_agent_auth.", ways))
	}
	return errors.Join(errs...)
}

// Guestless says that no host is entered.
func (b *Builder) Guestless() bool { return b.Communicator == "none" }

// Boot has nothing to start.
func (b *Builder) Boot(_ context.Context, out *ui.UI) (builders.Machine, error) {
	return &machine{b: b, out: out}, nil
}

// machine is the host; client is nil until it was entered.
type machine struct {
	b      *Builder
	out    *ui.UI
	client *sshguest.Client
}

// Guest connects, within ssh_timeout.
func (m *machine) Guest(ctx context.Context) (guest.Guest, error) {
	if m.b.Guestless() {
		return nil, nil //nolint:nilnil // no guest is no error: builders.Machine says so
	}
	target, err := m.b.Target("", 0)
	if err != nil {
		return nil, err
	}
	m.out.Say("waiting for SSH on %s", target.Addr)
	if m.client, err = sshguest.Dial(ctx, target); err != nil {
		return nil, err
	}
	return m.client, nil
}

// Info is what templates see as build.*.
func (m *machine) Info() builders.Info {
	if m.b.Guestless() {
		return builders.Info{ID: "Null", ConnType: "none"}
	}
	info := builders.Info{
		ID: "Null", Host: m.b.Host, Port: m.b.Port, User: m.b.Username, Password: m.b.Password, ConnType: "ssh",
	}
	if pem, err := sshkey.PEM(m.b.PrivateKeyFile); err == nil { // it was read when we logged in
		m.out.Hide(pem)
		info.SSHPrivateKey = pem
	}
	return info
}

// Seal leaves the host as the provisioners left it.
func (m *machine) Seal(context.Context) (*artifact.Artifact, error) {
	return &artifact.Artifact{Builder: "fnoeding.null", ID: "Null", Title: "nothing was made; the host is as the provisioners left it"}, nil
}

// Close ends the connection.
func (m *machine) Close(context.Context) error {
	if m.client == nil {
		return nil
	}
	client := m.client
	m.client = nil
	return client.Close()
}
