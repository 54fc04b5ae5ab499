package pipeline

import (
	"context"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
)

// The kinds of records in the store: of what the builder made, and of what was
// left when the post-processors had seen it.
const (
	images  = "images"
	results = "results"
)

// baked is the record of artifacts that stand somewhere.
type baked struct {
	Ran       []time.Time   `json:"ran"` // when each step began
	Artifacts []standing    `json:"artifacts"`
	Own       int           `json:"own"` // which of them is the builder's, -1 for none
	Made      time.Time     `json:"made"`
	Took      time.Duration `json:"took"` // to make it from nothing
}

// standing is an artifact and what its files were when it was made.
type standing struct {
	Builder string            `json:"builder"`
	ID      string            `json:"id"`
	Title   string            `json:"title"`
	Files   map[string]string `json:"files"` // path to SHA-256
	Order   []string          `json:"order"`
	Details map[string]string `json:"details,omitempty"`
}

// existing gives what an earlier run left, if nothing has changed since: the
// result of the whole build, or what the builder made, which is still to be
// post-processed.
func (b *build) existing(ctx context.Context) (made *artifact.Artifact, kept []*artifact.Artifact, whole bool) {
	m := b.memory
	if m == nil || m.Image == "" {
		return nil, nil, false
	}
	if r := b.standing(ctx, results, b.resultKey()); r != nil {
		for i, s := range r.Artifacts {
			a := &artifact.Artifact{Builder: s.Builder, ID: s.ID, Title: s.Title, Files: s.Order, Details: s.Details}
			if kept = append(kept, a); i == r.Own {
				made = a
			}
		}
		b.out.Say("nothing has changed: what the build of %s ago made is still there", age(r.Made))
		b.saved = r.Took
		return made, kept, true
	}
	r := b.standing(ctx, images, m.Image)
	if r == nil {
		return nil, nil, false
	}
	made, err := b.Builder.(builders.Keyed).Existing()
	if err != nil {
		return nil, nil, false // it does not stand where this build would put its own
	}
	b.saved = r.Took
	return made, nil, false
}

// standing reads a record whose files are all as they were, made by steps that
// are fresh enough; nil when there is none.
func (b *build) standing(ctx context.Context, kind, key string) *baked {
	var r baked
	if ok, err := b.memory.Store.Record(kind, key, &r); err != nil || !ok || len(r.Ran) != len(b.memory.Steps) {
		return nil
	}
	for i, s := range b.memory.Steps {
		if s.MaxAge > 0 && time.Since(r.Ran[i]) > s.MaxAge {
			return nil
		}
	}
	for _, a := range r.Artifacts {
		for path, digest := range a.Files {
			if now, err := checkpoint.FileDigest(ctx, b.memory.Store, path); err != nil || now != digest {
				return nil
			}
		}
	}
	return &r
}

// resultKey is the key of what is left when the post-processors have run, ""
// when they do more than their options tell.
func (b *build) resultKey() string {
	if b.memory.image() == "" {
		return ""
	}
	h := stepkey.NewHider(b.options.Secrets, b.memory.Store.Secret())
	key := b.memory.Image
	for _, chain := range b.PostProcessors {
		key = stepkey.Of(key, nil)
		for _, s := range chain {
			facts, err := s.Facts(h)
			if err != nil {
				return ""
			}
			key = stepkey.Of(key, facts)
		}
	}
	return key
}

// note records artifacts; that it cannot only means that the next run bakes.
func (b *build) note(ctx context.Context, kind, key string, made *artifact.Artifact, all []*artifact.Artifact) {
	m := b.memory
	if m == nil || m.Image == "" || key == "" || len(m.ran) != len(m.Steps) {
		return
	}
	r := baked{Ran: m.ran, Own: -1, Made: time.Now(), Took: time.Since(b.began) + b.saved}
	for i, a := range all {
		s := standing{Builder: a.Builder, ID: a.ID, Title: a.Title, Files: map[string]string{}, Order: a.Files, Details: a.Details}
		for _, path := range a.Files {
			digest, err := checkpoint.FileDigest(ctx, m.Store, path)
			if err != nil {
				return
			}
			s.Files[path] = digest
		}
		if a == made {
			r.Own = i
		}
		r.Artifacts = append(r.Artifacts, s)
	}
	if err := m.Store.PutRecord(kind, key, r); err != nil {
		b.out.Warn("the artifact is not remembered: %s", err.Error())
	}
}
