// Package frozen keeps machines: their disks in layers that are never written
// again, and their memory, in checkpoints from which any number of machines
// can start.
package frozen

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/ovenbird-io/ovenbird/builders/qemu/hardware"
	"github.com/ovenbird-io/ovenbird/builders/qemu/login"
	"github.com/ovenbird-io/ovenbird/builders/qemu/ram"
	"github.com/ovenbird-io/ovenbird/builders/qemu/vm"
	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/qemuimg"
)

// memory is the file of a checkpoint with the machine's memory. Besides it
// there are the disks; the first checkpoint of a chain has the CDs, too.
const memory = "ram.zst"

// Data is what a checkpoint knows of its machine.
type Data struct {
	Login login.Record `json:"login"`
	Disks []Disk       `json:"disks"`
}

// Disk is one of the machine's disks.
type Disk struct {
	Format string `json:"format"`         // of this checkpoint's layer
	Base   string `json:"base,omitempty"` // format of what the first layer of the chain is on
	Size   int64  `json:"size"`           // bytes, as the guest sees it
}

// Layers are the disks of one running machine. What it writes is in a draft of
// the store until it is frozen.
type Layers struct {
	Tops []hardware.Disk // main disk first

	store  *checkpoint.Store
	draft  *checkpoint.Draft // of the tops
	sizes  []int64
	nodes  []string // what QEMU calls the tops
	depth  int
	pages  *ram.Pages          // of the memory that was frozen or loaded last
	frozen []*checkpoint.Draft // of the layers below
	held   []func()            // let go of the checkpoints that became of those
	stuck  bool                // one became none, and so there are no more

	finished chan struct{} // closed when what was frozen last has become a checkpoint, or not
}

// Machine is the machine whose disks the layers are: see vm.VM.
type Machine interface {
	Freeze(ctx context.Context, path string, keep vm.Keep, overlays []vm.Overlay) (stacked bool, err error)
}

// New is for a machine that is to be booted; its disks are made at Path.
func New(store *checkpoint.Store) (*Layers, error) {
	draft, err := store.Draft()
	if err != nil {
		return nil, err
	}
	return &Layers{store: store, draft: draft}, nil
}

// Path is where disk i of the machine is made.
func (l *Layers) Path(i int) string { return l.draft.Path(diskName(i)) }

// Folder is where the machine's disks grow, and where its CDs are made.
func (l *Layers) Folder() string { return l.draft.Dir }

func diskName(i int) string { return "disk" + strconv.Itoa(i) }

// Add tells of disks that were made.
func (l *Layers) Add(ctx context.Context, disks ...hardware.Disk) error {
	for _, d := range disks {
		info, err := qemuimg.Inspect(ctx, d.Path, d.Format)
		if err != nil {
			return err
		}
		l.sizes = append(l.sizes, info.Size)
		l.nodes = append(l.nodes, diskName(len(l.Tops)))
		l.Tops = append(l.Tops, d)
	}
	return nil
}

// Resume puts new, empty layers on the disks of the last checkpoint of a chain,
// whose first one stands on the file base. It tells how to get in.
func Resume(ctx context.Context, store *checkpoint.Store, chain []*checkpoint.Checkpoint, base string) (*Layers, login.Record, error) {
	l, err := New(store)
	if err != nil {
		return nil, login.Record{}, err
	}
	var first Data
	var last Data // which knows the host key that the guest has by now
	err = errors.Join(json.Unmarshal(chain[0].Data, &first), json.Unmarshal(chain[len(chain)-1].Data, &last))
	for i := range first.Disks {
		var d *hardware.Disk
		if f := first.Disks[i].Base; f != "" {
			d = &hardware.Disk{Path: base, Format: f}
		}
		for at, c := range chain {
			format := "qcow2"
			if at == 0 {
				format = first.Disks[i].Format
			}
			d = &hardware.Disk{Path: c.Path(diskName(i)), Format: format, Backing: d}
		}
		top := hardware.Disk{Path: l.Path(i), Format: "qcow2", Backing: d}
		l.Tops = append(l.Tops, top)
		l.sizes = append(l.sizes, first.Disks[i].Size)
		l.nodes = append(l.nodes, diskName(i))
		err = errors.Join(err, overlay(ctx, top, first.Disks[i].Size))
	}
	l.depth = len(chain)
	if err != nil {
		return nil, last.Login, errors.Join(err, l.draft.Abandon())
	}
	return l, last.Login, nil
}

// overlay makes an empty layer. What it says of the layer below is never
// believed: machines are told.
func overlay(ctx context.Context, d hardware.Disk, size int64) error {
	_, err := qemuimg.Run(ctx, "create", "-q", "-f", "qcow2", "-u", "-F", d.Backing.Format, "-b", d.Backing.Path, d.Path, strconv.FormatInt(size, 10))
	return err
}

// Wait waits until what was frozen last has become a checkpoint, or not: until
// then its files are on the move.
func (l *Layers) Wait() {
	if l.finished != nil {
		<-l.finished
	}
}

// Freeze keeps the machine as it is at this moment, and lets it go on with new
// layers. Finish, which must be called once, makes a checkpoint of what was
// kept: it takes a while, and may run beside the machine.
func (l *Layers) Freeze(ctx context.Context, v Machine, spec *hardware.Spec) (finish func(context.Context, checkpoint.Meta) (*checkpoint.Checkpoint, error), err error) {
	if l.Wait(); l.stuck {
		return nil, errors.New("the state before is in no checkpoint")
	}
	next, err := l.store.Draft()
	if err != nil {
		return nil, err
	}
	l.depth++
	tops := make([]hardware.Disk, len(l.Tops))
	nodes := make([]string, len(l.Tops))
	overlays := make([]vm.Overlay, len(l.Tops))
	for i := range l.Tops {
		below := l.Tops[i]
		tops[i] = hardware.Disk{Path: next.Path(diskName(i)), Format: "qcow2", Backing: &below}
		nodes[i] = fmt.Sprintf("%s-%d", diskName(i), l.depth)
		overlays[i] = vm.Overlay{Node: l.nodes[i], Top: nodes[i], Open: spec.Layer(nodes[i], tops[i].Path)}
		if err := overlay(ctx, tops[i], l.sizes[i]); err != nil {
			return nil, errors.Join(err, next.Abandon())
		}
	}
	full := l.draft
	keep := func(w io.Writer, memory io.Reader) (err error) {
		l.pages, err = ram.Write(w, memory, l.pages.Base())
		return err
	}
	stacked, err := v.Freeze(ctx, full.Path("ram"), keep, overlays)
	if stacked { // the machine writes to the new layers now, come what may
		l.frozen = append(l.frozen, full)
		l.draft, l.nodes, l.Tops = next, nodes, tops
	}
	switch {
	case !stacked:
		return nil, errors.Join(err, next.Abandon())
	case err != nil:
		l.stuck = true
		return nil, err
	}
	finished := make(chan struct{})
	l.finished = finished
	return func(ctx context.Context, meta checkpoint.Meta) (*checkpoint.Checkpoint, error) {
		defer close(finished)
		made, err := l.publish(ctx, full, tops, meta)
		if err != nil {
			l.stuck = true
			_ = os.Remove(full.Path(memory)) // it takes room that the guest may need
		}
		return made, err
	}, nil
}

// publish makes a checkpoint of a draft that a machine stands on.
func (l *Layers) publish(ctx context.Context, full *checkpoint.Draft, tops []hardware.Disk, meta checkpoint.Meta) (*checkpoint.Checkpoint, error) {
	if err := squeeze(ctx, full.Path("ram"), full.Path(memory)); err != nil {
		return nil, err
	}
	var data Data
	if err := json.Unmarshal(meta.Data, &data); err != nil {
		return nil, fmt.Errorf("describing a checkpoint: %w", err)
	}
	for i, top := range tops {
		d := Disk{Format: top.Backing.Format, Size: l.sizes[i]}
		if base := top.Backing.Backing; base != nil && meta.Parent == "" {
			d.Base = base.Format
		}
		data.Disks = append(data.Disks, d)
	}
	var err error
	if meta.Data, err = json.Marshal(data); err != nil {
		return nil, fmt.Errorf("describing a checkpoint: %w", err)
	}
	made, release, err := full.Publish(ctx, meta)
	if err != nil {
		return nil, err
	}
	l.held = append(l.held, release)
	for i := range tops {
		tops[i].Backing.Path = made.Path(diskName(i))
	}
	return made, nil
}

// Close throws away what was not frozen, and lets go of what was.
func (l *Layers) Close() error {
	l.Wait()
	for _, release := range l.held {
		release()
	}
	err := l.draft.Abandon()
	for _, d := range l.frozen {
		err = errors.Join(err, d.Abandon())
	}
	return err
}
