// Package needs makes what the instance of a build needs: its key, its security
// group and its rights. All of it stands in the journal until it is gone.
package needs

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/uuid"

	"github.com/ovenbird-io/ovenbird/builders/ebs/keypair"
	"github.com/ovenbird-io/ovenbird/builders/ebs/network"
	"github.com/ovenbird-io/ovenbird/builders/ebs/profile"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/amazon/outlast"
	"github.com/ovenbird-io/ovenbird/internal/communicator"
	"github.com/ovenbird-io/ovenbird/internal/sshkey"
	"github.com/ovenbird-io/ovenbird/internal/together"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/internal/undo"
)

// Maker makes things for one build.
type Maker struct {
	EC2     *ec2.Client
	IAM     *iam.Client
	Journal *journal.Journal
	Entry   journal.Entry // kind and name are filled in
	Tags    map[string]string
	Undo    *undo.Stack
	Out     *ui.UI
}

// Create writes down what is going to be made, has it made, and pushes its undo.
// What create gives an id of is there, also when it gives an error beside it.
func (m *Maker) Create(ctx context.Context, kind, name string, create func(context.Context) (id string, err error), remove func(ctx context.Context, id string) error) error {
	entry := m.Entry
	entry.Kind, entry.Name = kind, name
	claim, err := m.Journal.Intend(entry)
	if err != nil {
		return err
	}
	id, err := outlast.Do(ctx, create)
	if err != nil && id == "" {
		if outlast.Unmade(err) {
			err = errors.Join(err, claim.Struck())
		}
		return err
	}
	m.Undo.Push(func(ctx context.Context) error {
		if err := remove(ctx, id); err != nil {
			return err
		}
		return claim.Struck()
	})
	return errors.Join(err, claim.Made(id))
}

// Key makes a key pair, if a build with these options needs one; else its name
// is "".
func (m *Maker) Key(ctx context.Context, s *communicator.SSH) (name string, key sshkey.Key, err error) {
	if !keypair.Needed(s) {
		return "", key, nil
	}
	name = s.TemporaryKeyPairName
	chosen := name != ""
	if !chosen {
		name = "packer_" + uuid.NewString()
	}
	m.Out.Say("Creating temporary keypair: %s", name)
	create := func(ctx context.Context) (string, error) {
		if key, err = keypair.Create(ctx, m.EC2, name, s.TemporaryKeyPairType, chosen, m.Tags); err != nil {
			return "", err
		}
		return name, nil
	}
	err = m.Create(ctx, "key-pair", name, create, func(ctx context.Context, name string) error {
		m.Out.Say("Deleting temporary keypair...")
		return keypair.Delete(ctx, m.EC2, name)
	})
	m.Out.Hide(key.PEM)
	return name, key, err
}

// Group gives the security groups of the template, or makes one that lets in
// who enters the instance.
func (m *Maker) Group(ctx context.Context, o *network.Options, vpc string, w network.Way) ([]string, error) {
	given, err := o.Given(ctx, m.EC2, vpc)
	if err != nil || len(given) > 0 || w.Port == 0 {
		return given, err
	}
	name := "packer_" + uuid.NewString()
	m.Out.Say("Creating temporary security group for this instance: %s", name)
	var made string
	create := func(ctx context.Context) (id string, err error) {
		made, err = network.Create(ctx, m.EC2, name, vpc, m.Tags)
		return made, err
	}
	remove := func(ctx context.Context, id string) error {
		m.Out.Say("Deleting temporary security group...")
		return network.Delete(ctx, m.EC2, id)
	}
	var from []string
	err = together.Do(
		func() error { return m.Create(ctx, "security-group", name, create, remove) },
		func() (err error) {
			from, err = o.Sources(ctx, m.EC2, vpc, w, m.Out)
			return err
		},
	)
	if err != nil {
		return nil, err
	}
	m.Out.Say("Authorizing access to port %d from %s in the temporary security group...", w.Port, strings.Join(from, ", "))
	return []string{made}, network.Admit(ctx, m.EC2, made, w.Port, from)
}

// Profile gives the name of the instance's profile: one that is there, or one
// that is made; "" is none.
func (m *Maker) Profile(ctx context.Context, o *profile.Options) (string, error) {
	if o.Policy == nil {
		if o.IAMInstanceProfile == "" || o.SkipProfileValidation {
			return o.IAMInstanceProfile, nil
		}
		return o.IAMInstanceProfile, profile.Exists(ctx, m.IAM, o.IAMInstanceProfile)
	}
	name := profile.NewName()
	m.Out.Say("Creating temporary instance profile for this instance: %s", name)
	create := func(ctx context.Context) (string, error) {
		return profile.CreateRole(ctx, m.IAM, name, o.Policy, m.Tags)
	}
	remove := func(ctx context.Context, name string) error { return profile.DeleteRole(ctx, m.IAM, name) }
	if err := m.Create(ctx, "role", name, create, remove); err != nil {
		return name, err
	}
	create = func(ctx context.Context) (string, error) { return profile.Create(ctx, m.IAM, name, m.Tags) }
	remove = func(ctx context.Context, name string) error {
		m.Out.Say("Deleting temporary instance profile...")
		return profile.Delete(ctx, m.IAM, name)
	}
	return name, m.Create(ctx, "instance-profile", name, create, remove)
}
