package storage

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/blocks"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// Direct is a region as the EBS direct APIs see it.
type Direct struct {
	W      *world.World
	Region string
}

func (d Direct) call(ctx context.Context) *world.Call {
	return &world.Call{Context: ctx, Region: d.W.Regions[d.Region], W: d.W}
}

// Begin notes a pending snapshot and makes its contents.
func (d Direct) Begin(ctx context.Context, s blocks.Snapshot) (blocks.Snapshot, error) {
	var made *record.Snapshot
	d.W.Change(func() {
		r := record.Snapshot{Size: s.SizeGiB, Description: s.Description, Encrypted: s.Encrypted, Key: s.KMSKey, Parent: s.Parent, Direct: true}
		for _, k := range sortedKeys(s.Tags) {
			r.Tags = append(r.Tags, record.Tag{Key: k, Value: s.Tags[k]})
		}
		made = Begin(d.call(ctx), r)
	})
	if _, err := d.W.Store.Create(ctx, made.ID, s.Parent, s.SizeGiB); err != nil {
		d.W.Change(func() { delete(d.W.Regions[d.Region].Snapshots, made.ID) })
		return s, err
	}
	found, _ := d.Look(made.ID)
	return found, nil
}

// Look finds a snapshot that may be seen.
func (d Direct) Look(id string) (blocks.Snapshot, bool) {
	d.W.Lock()
	defer d.W.Unlock()
	s := d.W.Regions[d.Region].Snapshots[id]
	if s == nil || !Visible(s, d.W.Account) {
		return blocks.Snapshot{}, false
	}
	started, _ := time.Parse(time.RFC3339, s.Started) // we wrote it
	tags := map[string]string{}
	for _, t := range s.Tags {
		tags[t.Key] = t.Value
	}
	return blocks.Snapshot{
		ID: s.ID, Owner: s.Owner, Description: s.Description, Parent: s.Parent, Status: s.State, SizeGiB: s.Size, Started: started,
		Tags: tags, Encrypted: s.Encrypted, KMSKey: s.Key, Direct: s.Direct,
	}, true
}

// Finish makes a snapshot completed after a while.
func (d Direct) Finish(id string) { d.end(id, d.W.Timing.Snapshot, nil) }

// Fail gives a snapshot up.
func (d Direct) Fail(id string) { d.end(id, 0, errGivenUp) }

func (d Direct) end(id string, wait time.Duration, err error) {
	d.W.Work(wait, nil, func(error) {
		if s := d.W.Regions[d.Region].Snapshots[id]; s != nil {
			End(d.W, s, err)
		}
	})
}

var errGivenUp = errors.New("nobody went on with it")

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
