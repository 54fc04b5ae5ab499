package memory

import (
	"context"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
	"github.com/ovenbird-io/ovenbird/templates"
)

// Kind is what a record is about.
type Kind string

// The kinds of records: of what the builder made, and of what was left when the
// post-processors had seen it.
const (
	Image  Kind = "images"
	Result Kind = "results"
)

// Baked is the record of artifacts that stand somewhere.
type Baked struct {
	Ran       []time.Time   `json:"ran"` // when each step began
	Artifacts []Standing    `json:"artifacts"`
	Own       int           `json:"own"` // which of them is the builder's, -1 for none
	Made      time.Time     `json:"made"`
	Took      time.Duration `json:"took"` // to make it from nothing
}

// Standing is an artifact and what its files were when it was made.
type Standing struct {
	Builder string            `json:"builder"`
	ID      string            `json:"id"`
	Title   string            `json:"title"`
	Files   []string          `json:"files"`
	Digests map[string]string `json:"digests"` // path to SHA-256
	Details map[string]string `json:"details,omitempty"`
}

// All are the artifacts, and the builder's own among them, nil if it is not
// there any more. They cannot be destroyed.
func (r *Baked) All() (made *artifact.Artifact, all []*artifact.Artifact) {
	for i, s := range r.Artifacts {
		a := &artifact.Artifact{Builder: s.Builder, ID: s.ID, Title: s.Title, Files: s.Files, Details: s.Details}
		if all = append(all, a); i == r.Own {
			made = a
		}
	}
	return made, all
}

// key is that of a record, "" when there can be none.
func (m *Memory) key(k Kind) string {
	switch {
	case m == nil || m.Image == "":
		return ""
	case k == Image:
		return m.Image
	}
	return m.results(m.Image)
}

// resultKeys gives the key of what is left when the post-processors have run,
// "" when they may do more than their options tell.
func resultKeys(b *templates.Build, h stepkey.Hider) func(image string) string {
	return func(key string) string {
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
}

// Standing reads a record whose files are all as they were, made by steps that
// are fresh enough; nil when there is none.
func (m *Memory) Standing(ctx context.Context, k Kind) *Baked {
	key := m.key(k)
	if key == "" {
		return nil
	}
	var r Baked
	if ok, err := m.Store.Record(string(k), key, &r); err != nil || !ok || len(r.Ran) != len(m.Steps) {
		return nil
	}
	for i, s := range m.Steps {
		if s.MaxAge > 0 && time.Since(r.Ran[i]) > s.MaxAge {
			return nil
		}
	}
	for _, a := range r.Artifacts {
		for path, digest := range a.Digests {
			if now, err := checkpoint.FileDigest(ctx, m.Store, path); err != nil || now != digest {
				return nil
			}
		}
	}
	return &r
}

// Note records artifacts, of which made is the builder's, and of which ran and
// took tell how they came to be. What cannot be remembered is no error.
func (m *Memory) Note(ctx context.Context, k Kind, made *artifact.Artifact, all []*artifact.Artifact, ran []time.Time, took time.Duration) error {
	key := m.key(k)
	if key == "" || len(ran) != len(m.Steps) {
		return nil
	}
	r := Baked{Ran: ran, Own: -1, Made: time.Now(), Took: took}
	for i, a := range all {
		s := Standing{Builder: a.Builder, ID: a.ID, Title: a.Title, Files: a.Files, Digests: map[string]string{}, Details: a.Details}
		for _, path := range a.Files {
			digest, err := checkpoint.FileDigest(ctx, m.Store, path)
			if err != nil {
				return nil //nolint:nilerr // such as one of several artifacts in one folder that is gone
			}
			s.Digests[path] = digest
		}
		if a == made {
			r.Own = i
		}
		r.Artifacts = append(r.Artifacts, s)
	}
	return m.Store.PutRecord(string(k), key, r)
}
