package ebs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/builders/ebs/needs"
	"github.com/ovenbird-io/ovenbird/builders/ebs/network"
	"github.com/ovenbird-io/ovenbird/internal/amazon/ami"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/together"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// undoLimit bounds how long the clean-up may take: an instance takes its time
// to end, and what it used cannot be removed before.
const undoLimit = 15 * time.Minute

// Boot launches an instance, and makes what it needs.
func (b *Builder) Boot(ctx context.Context, out *ui.UI) (builders.Machine, error) {
	m := &machine{b: b, out: out}
	err := m.boot(ctx)
	if err == nil {
		return m, nil
	}
	return nil, errors.Join(err, m.clear(ctx))
}

func (m *machine) boot(ctx context.Context) error {
	b := m.b
	if err := b.open(ctx); err != nil {
		return err
	}
	m.c = b.acc.EC2("")
	var err error
	if m.journal, err = journal.Open(""); err != nil {
		return err
	}
	if err := m.look(ctx); err != nil {
		return err
	}
	if m.data, err = b.data(); err != nil {
		return err
	}
	m.data.Draft = m.taken || b.AMI.Drafts()
	if err := m.prepare(ctx); err != nil {
		return err
	}
	return m.launch(ctx)
}

// look finds the source AMI and the place of the instance, and who has the name.
func (m *machine) look(ctx context.Context) error {
	m.out.Say("Prevalidating AMI Name: %s", m.b.AMI.AMIName)
	checks := append(m.b.preflight(ctx),
		func() error { return m.b.find(ctx) },
		func() (err error) { m.taken, err = m.b.nameTaken(ctx); return err },
		func() (err error) {
			m.places, err = m.b.Network.Choose(ctx, m.c, m.b.types(), m.out)
			return err
		},
	)
	err := together.Do(checks...)
	if err == nil {
		m.out.Detail("Found Image ID: %s", aws.ToString(m.b.src.ImageId))
	}
	return err
}

// types are the instance types to try.
func (b *Builder) types() []string {
	if len(b.Spot.Types) > 0 {
		return b.Spot.Types
	}
	return b.Instance.Types()
}

// nameTaken says whether the AMI takes the place of another. A name that is
// taken is an error otherwise.
func (b *Builder) nameTaken(ctx context.Context) (bool, error) {
	if b.AMI.SkipSaveBuildRegion || b.SkipCreateAMI {
		return false, nil
	}
	same, err := image.Named(ctx, b.acc.EC2(""), b.AMI.AMIName)
	if err != nil || len(same) == 0 || b.forces() {
		return len(same) > 0, err
	}
	return true, fmt.Errorf("the AMI name %q is taken by %s; choose another one, or replace it with force_deregister = true or -force", b.AMI.AMIName, aws.ToString(same[0].ImageId))
}

func (b *Builder) forces() bool { return b.AMI.ForceDeregister || b.env.Force }

// data is what the texts of tags may use, once the source AMI is known.
func (b *Builder) data() (ami.Data, error) {
	d := ami.Data{
		Source: tags.Of(*b.src, b.acc.Region()), Run: b.env.RunID, Template: tags.Template(b.env.Root, b.env.Build), Expires: time.Now().Add(b.ExpiresAfter),
		Text: gotmpl.Funcs{BuildName: b.env.Name, BuildType: b.env.Type, TemplateDir: b.env.Root}, Borrowed: b.Devices.Borrowed(),
	}
	if b.SkipAMIRunTags {
		return d, nil
	}
	var err error
	d.Tags, err = d.Render(d.Text, tags.Merge(b.RunTags, b.RunTag))
	return d, err
}

// runTags are the tags of what is made for the bake.
func (m *machine) runTags() (map[string]string, error) {
	all := m.data.Ours()
	own, err := m.data.Render(m.data.Text, tags.Merge(m.b.RunTags, m.b.RunTag))
	maps.Copy(all, own)
	return all, err
}

// prepare makes what the instance needs, side by side.
func (m *machine) prepare(ctx context.Context) error {
	all, err := m.runTags()
	if err != nil {
		return err
	}
	m.maker = needs.Maker{EC2: m.c, IAM: m.b.acc.IAM(""), Journal: m.journal, Entry: m.entry("", ""), Tags: all, Undo: &m.undo, Out: m.out}
	return together.Do(
		func() (err error) { m.keyName, m.key, err = m.maker.Key(ctx, &m.b.SSH); return err },
		func() (err error) {
			m.groups, err = m.maker.Group(ctx, &m.b.Network, m.places[0].VPC, m.way())
			return err
		},
		func() (err error) { m.profile, err = m.maker.Profile(ctx, &m.b.Profile); return err },
	)
}

// entry is one of the journal's about something that is made for this bake.
func (m *machine) entry(kind, name string) journal.Entry {
	return journal.Entry{
		Run: m.data.Run, Template: m.data.Template, Region: m.b.acc.Region(), Endpoint: m.b.acc.Endpoint(), Account: m.b.acc.Number(),
		Kind: kind, Name: name, Expires: m.data.Expires,
	}
}

// way is how the instance is going to be entered.
func (m *machine) way() network.Way {
	s, i := &m.b.SSH, m.b.Instance.SSHInterface
	w := network.Way{Port: s.Port, Private: strings.HasPrefix(i, "private_"), IPv6: i == "ipv6"}
	if public := m.b.Network.AssociatePublicIPAddress; i == "" {
		w.Private = public == nil && m.places[0].Private || public != nil && !*public
	}
	if m.b.Guestless() {
		w.Port = 0
	}
	for _, host := range []string{s.BastionHost, s.ProxyHost} {
		if host != "" {
			w.From = append(w.From, host)
		}
	}
	return w
}
