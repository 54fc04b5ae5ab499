package qemu

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/builders/qemu/base"
	"github.com/ovenbird-io/ovenbird/builders/qemu/frozen"
	"github.com/ovenbird-io/ovenbird/builders/qemu/media"
	"github.com/ovenbird-io/ovenbird/builders/qemu/shape"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Remember lets the machines be frozen into the store.
func (b *Builder) Remember(store *checkpoint.Store) { b.store = store }

// Facts are all that the artifact depends on, besides its provisioners.
func (b *Builder) Facts(ctx context.Context, r builders.Reader, out *ui.UI) (f builders.Facts, err error) {
	m := shape.Machine{SSH: &b.SSH, Spec: &b.Spec, Disks: &b.Options, CDs: &b.CDs, HTTP: &b.HTTP}
	why := m.Unnamed()
	if b.UseBackingFile {
		why = "use_backing_file makes the image depend on the base"
	}
	if why != "" {
		return f, fmt.Errorf("%s: %w", why, stepkey.ErrUnnamed)
	}
	if m.Base, err = b.fetchBase(ctx, out); err != nil {
		return f, err
	}
	if b.based, err = os.Stat(m.Base); err != nil {
		return f, fmt.Errorf("looking at the base image: %w", err)
	}
	found, err := b.prover.Find(ctx, &b.Spec)
	if err != nil {
		return f, err
	}
	m.Accel = found.Name
	if f, err = m.Facts(ctx, r); err != nil {
		return f, err
	}
	f.Image, err = shape.Image(ctx, r, b)
	return f, err
}

// Existing describes what an earlier run left in the output folder.
func (b *Builder) Existing() (*artifact.Artifact, error) { return b.artifact() }

// Resume starts a machine that was frozen.
func (b *Builder) Resume(ctx context.Context, chain []*checkpoint.Checkpoint, out *ui.UI) (builders.Machine, error) {
	m := &machine{b: b, out: out, resumed: true}
	return m.orUndo(ctx, m.resume(ctx, chain))
}

func (m *machine) resume(ctx context.Context, chain []*checkpoint.Checkpoint) error {
	path, err := m.b.fetchBase(ctx, m.out)
	if err == nil {
		err = base.Same(path, m.b.based)
	}
	if err != nil {
		return err
	}
	if err := m.chooseAccelerator(ctx); err != nil {
		return err
	}
	if err := m.folders(); err != nil {
		return err
	}
	layers, record, err := frozen.Resume(ctx, m.b.store, chain, m.hold(path))
	if err != nil {
		return err
	}
	m.layers = layers
	m.undo.Push(m.closeLayers)
	if m.login, err = record.Login(&m.b.SSH, m.out); err != nil {
		return err
	}
	if err := m.serveFiles(ctx); err != nil {
		return err
	}
	parts := m.parts()
	cds := media.Find(chain[0].Dir)
	parts.Seed, parts.CD, parts.Resume = cds.Seed, cds.CD, true
	if err := m.start(ctx, parts); err != nil {
		return err
	}
	if err := layers.Load(ctx, m.vm, chain); err != nil {
		return err
	}
	return m.vm.Continue(ctx)
}

// keepTimeout bounds writing the disk of a machine that failed.
const keepTimeout = 5 * time.Minute

// layer makes the machine's disks such that they can be frozen, where that is
// wanted.
func (m *machine) layer() error {
	if m.b.store == nil {
		return nil
	}
	var err error
	if m.layers, err = frozen.New(m.b.store); err != nil {
		return err
	}
	m.undo.Push(m.closeLayers)
	return nil
}

// closeLayers gives the layers up. Before that the disk of a machine that
// failed is made of them, if the user wants it.
func (m *machine) closeLayers(context.Context) error {
	var err error
	if m.keep {
		ctx, cancel := context.WithTimeout(context.Background(), keepTimeout)
		defer cancel()
		m.layers.Wait()
		err = m.images().Flatten(ctx, m.layers.Tops)
	}
	return errors.Join(err, m.layers.Close())
}

// Freeze keeps the machine as it is.
func (m *machine) Freeze(ctx context.Context) (builders.Finish, error) {
	if m.layers == nil || m.client == nil {
		return nil, errors.New("the machine was not made to be frozen")
	}
	if err := base.Same(m.base, m.b.based); err != nil {
		return nil, err
	}
	watched, cancel := m.vm.Watch(ctx)
	defer cancel()
	if !m.wakes {
		if err := guest.Wakes(watched, m.client, m.become()); err != nil {
			return nil, err
		}
		m.wakes = true
	}
	finish, err := m.layers.Freeze(watched, m.vm, &m.b.Spec)
	if err != nil {
		return nil, err
	}
	record := m.login.Record(m.client.HostKeys())
	return func(ctx context.Context, meta checkpoint.Meta) (*checkpoint.Checkpoint, error) {
		var err error
		if meta.Data, err = json.Marshal(frozen.Data{Login: record}); err != nil {
			return nil, fmt.Errorf("describing a checkpoint: %w", err)
		}
		return finish(ctx, meta)
	}, nil
}
