package ebs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/crypto/ssh"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/builders/ebs/deadman"
	"github.com/ovenbird-io/ovenbird/builders/ebs/instance"
	"github.com/ovenbird-io/ovenbird/builders/ebs/needs"
	"github.com/ovenbird-io/ovenbird/builders/ebs/network"
	"github.com/ovenbird-io/ovenbird/internal/amazon/ami"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/sshguest"
	"github.com/ovenbird-io/ovenbird/internal/sshkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/internal/undo"
)

// machine is an EC2 instance.
type machine struct {
	b        *Builder
	out      *ui.UI
	undo     undo.Stack
	c        *ec2.Client
	journal  *journal.Journal
	data     ami.Data
	taken    bool // the AMI replaces another one
	places   []network.Place
	maker    needs.Maker
	keyName  string     // of the key pair made for the bake
	key      sshkey.Key // the same
	groups   []string
	profile  string
	id       string
	end      func() error    // terminates the instance, once, and waits until it has ended
	instance *types.Instance // as it was last seen
	host     string          // where it is reached
	client   *sshguest.Client
	sealed   bool // nothing needs the instance any more
}

// Guest waits until the instance lets us in and is ready.
func (m *machine) Guest(ctx context.Context) (guest.Guest, error) {
	m.out.Say("Waiting for instance (%s) to become ready...", m.id)
	if m.b.Guestless() {
		var err error
		m.instance, err = instance.Running(ctx, m.c, m.id)
		return nil, err
	}
	host, seen, err := m.b.Instance.Address(ctx, m.c, m.id)
	m.instance = seen
	if err != nil {
		return nil, err
	}
	m.host = cmp.Or(m.b.SSH.Host, host)
	var signers []ssh.Signer
	if m.key.Signer != nil {
		signers = append(signers, m.key.Signer)
	}
	target, err := m.b.SSH.Target(m.host, m.b.SSH.Port, signers...)
	if err != nil {
		return nil, err
	}
	m.out.Say("waiting for SSH on %s", target.Addr)
	if m.client, err = sshguest.Dial(ctx, target); err != nil {
		return nil, m.unreached(ctx, err)
	}
	m.undo.Push(func(context.Context) error { return m.client.Close() })
	m.out.Say("connected; waiting until the guest is ready")
	if m.b.Instance.Behavior() == types.ShutdownBehaviorTerminate && m.b.src.Platform != types.PlatformValuesWindows {
		deadman.Arm(ctx, m.client, m.become(), m.data.Expires, m.out)
	}
	if err := guest.Ready(ctx, m.client, m.out); err != nil {
		return nil, err
	}
	return m.client, nil
}

// unreached says of an instance that did not let us in whether it still runs.
func (m *machine) unreached(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	seen, seeErr := instance.Describe(ctx, m.c, m.id)
	if seeErr != nil || seen == nil || seen.State == nil {
		return err
	}
	m.instance = seen
	return fmt.Errorf("%w; the instance %s is %s", err, m.id, seen.State.Name)
}

// become is how root's work is done in the guest.
func (m *machine) become() guest.Become {
	return guest.Become{User: "root", Password: m.b.SSH.Password}
}

// Info is what templates see as build.* without an instance.
func (b *Builder) Info() builders.Info {
	if b.src == nil {
		return builders.Info{}
	}
	s := tags.Of(*b.src, b.acc.Region())
	return builders.Info{More: map[string]string{
		"BuildRegion": s.BuildRegion, "SourceAMI": s.SourceAMI, "SourceAMIName": s.SourceAMIName,
		"SourceAMIOwner": s.SourceAMIOwner, "SourceAMIOwnerName": s.SourceAMIOwnerName, "SourceAMICreationDate": s.SourceAMICreationDate,
	}}
}

// Info is what templates see as build.*.
func (m *machine) Info() builders.Info {
	info := builders.Info{
		ID: m.id, Host: m.host, Port: m.b.SSH.Port, User: m.b.SSH.Username, Password: m.b.SSH.Password, ConnType: m.b.SSH.Communicator,
		SSHPublicKey: m.key.Authorized, SSHPrivateKey: m.key.PEM,
		More: m.b.Info().More,
	}
	if m.b.SSH.PrivateKeyFile != "" {
		if pem, err := sshkey.PEM(m.b.SSH.PrivateKeyFile); err == nil { // it was read when we logged in
			m.out.Hide(pem)
			info.SSHPrivateKey = pem
		}
	}
	return info
}

// Explain tells what the instance showed on its console, when nobody got in.
func (m *machine) Explain(ctx context.Context) []string {
	if m.id == "" || m.client != nil {
		return nil
	}
	return instance.Evidence(ctx, m.c, m.id)
}

// Keep leaves the instance and all that it needs when it is closed.
func (m *machine) Keep() { m.b.env.Keep = true }

// Lingers says that only the clean-up is left, which nothing has to wait for.
func (m *machine) Lingers() bool { return m.sealed }

// Close terminates the instance and removes what was made for it.
func (m *machine) Close(ctx context.Context) error {
	if m.b.env.Keep && !m.sealed {
		m.out.Warn("the instance %s (%s) is kept, until %s; ovenbird gc removes it", m.id, m.host, m.data.Expires.Format(time.RFC3339))
		return nil
	}
	return m.clear(ctx)
}

func (m *machine) clear(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoLimit)
	defer cancel()
	err := m.undo.Run(ctx)
	if m.journal != nil { // what stays can be picked up
		err = errors.Join(err, m.journal.Close())
	}
	return err
}
