package memory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/digest"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
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
	Ran       []time.Time    `json:"ran"` // when each step began
	Artifacts []Standing     `json:"artifacts"`
	Own       int            `json:"own"` // which of them is the builder's, -1 for none
	Made      time.Time      `json:"made"`
	Took      time.Duration  `json:"took"`            // to make it from nothing
	Facts     []stepkey.Fact `json:"facts,omitempty"` // what an image depends on besides its steps
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
				if s.KeepInput != nil {
					facts = append(slices.Clone(facts), stepkey.Text("option keep_input_artifact", fmt.Sprint(*s.KeepInput)))
				}
				key = stepkey.Of(key, facts)
			}
		}
		return key
	}
}

// intact reads a record whose files are all as they were, made by steps that
// are fresh enough; nil, and why, when there is none.
func (m *Memory) intact(ctx context.Context, k Kind) (r *Baked, why string) {
	key := m.key(k)
	if key == "" {
		return nil, "what it depends on cannot all be named"
	}
	r = &Baked{}
	if ok, err := m.Store.Record(string(k), key, r); err != nil || !ok || len(r.Ran) != len(m.Steps) {
		return nil, m.unmade()
	}
	for i, s := range m.Steps {
		if s.MaxAge > 0 && time.Since(r.Ran[i]) > s.MaxAge {
			return nil, fmt.Sprintf("%s is %s", s.Title, s.Old(r.Ran[i]))
		}
	}
	for _, a := range r.Artifacts {
		for _, path := range a.Files {
			now, err := digest.SHA256(ctx, m.Store, path)
			switch {
			case err != nil:
				return nil, path + " is gone"
			case now != a.Digests[path]:
				return nil, path + " is not as it was made"
			}
		}
	}
	return r, ""
}

// Left is what an earlier run left of a build.
type Left struct {
	*Baked
	Made *artifact.Artifact // the builder's own, nil when a post-processor made something else of it
	// Kept is all that is left, when the post-processors need not run.
	Kept  []*artifact.Artifact
	Whole bool // they need not
}

// Left is what an earlier run of the build left, if nothing has changed since;
// nil, and why, if there is nothing of use.
func (m *Memory) Left(ctx context.Context, b *templates.Build) (l *Left, why string) {
	if r, _ := m.intact(ctx, Result); r != nil && stands(ctx, b, r) == nil {
		l = &Left{Baked: r, Whole: true}
		l.Made, l.Kept = r.All()
		return l, ""
	}
	r, why := m.intact(ctx, Image)
	if r == nil {
		return nil, why
	}
	keyed, ok := b.Builder.(builders.Keyed)
	if !ok {
		return nil, "there is nothing like it"
	}
	if err := stands(ctx, b, r); err != nil {
		return nil, err.Error()
	}
	made, err := keyed.Existing()
	if err != nil {
		return nil, err.Error() // it does not stand where this build would put its own
	}
	if _, elsewhere := b.Builder.(builders.Stander); elsewhere {
		made, _ = r.All()
	}
	return &Left{Baked: r, Made: made}, ""
}

// stands says why an artifact that has no files here is not there any more.
func stands(ctx context.Context, b *templates.Build, r *Baked) error {
	s, ok := b.Builder.(builders.Stander)
	if !ok {
		return nil
	}
	_, all := r.All()
	for _, a := range all {
		if err := s.Stands(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// Known is Recall for a build that is not going to be run: its base is the one
// that an earlier run left, and there is a reason in every case.
func Known(ctx context.Context, b *templates.Build, o Options, out *ui.UI) (m *Memory, why string, err error) {
	_, keyed := b.Builder.(builders.Keyed)
	switch {
	case o.Off:
		return nil, "-no-cache", nil
	case o.Store == nil:
		return nil, "nothing is remembered here", nil
	case !keyed:
		return nil, fmt.Sprintf("%s sources are not remembered", b.Type), nil
	case b.Cache.Off:
		return nil, "its build has cache = false", nil
	}
	if why, err = Rebase(ctx, b, o, out); err != nil || why != "" {
		return nil, why, err
	}
	m, why, err = Recall(ctx, b, o, out)
	return m, "cannot be remembered: " + why, err
}

// Rebase hands the build its base as an earlier run left it; why says what the
// matter is if that cannot be used.
func Rebase(ctx context.Context, b *templates.Build, o Options, out *ui.UI) (why string, err error) {
	if b.Base == nil {
		return "", nil
	}
	derived, ok := b.Builder.(builders.Derived)
	if why, err = Rebase(ctx, b.Base, o, out); err != nil || why != "" || !ok {
		return why, err
	}
	m, _, err := Recall(ctx, b.Base, o, out)
	if err != nil {
		return "", err
	}
	if m == nil {
		return fmt.Sprintf("it starts from %s, which is always made anew", b.Base.ID), nil
	}
	left, _ := m.Left(ctx, b.Base)
	if left == nil || left.Made == nil {
		return fmt.Sprintf("it starts from %s, which is made anew", b.Base.ID), nil
	}
	derived.Rebase(left.Made)
	return "", nil
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
			sum, err := digest.SHA256(ctx, m.Store, path)
			if err != nil {
				return nil //nolint:nilerr // such as one of several artifacts in one folder that is gone
			}
			s.Digests[path] = sum
		}
		if a == made {
			r.Own = i
		}
		r.Artifacts = append(r.Artifacts, s)
	}
	if k == Image {
		r.Facts = m.image
		if err := m.Store.PutRecord(newest, m.Steps[len(m.Steps)-1].Key, key); err != nil {
			return err
		}
	}
	return m.Store.PutRecord(string(k), key, r)
}

// newest are records of the key of the image that was made last of a machine.
const newest = "newest"

// unmade says why there is no image of these options: what has changed since
// one was made of the same machine.
func (m *Memory) unmade() string {
	var key string
	var last Baked
	ok, err := m.Store.Record(newest, m.Steps[len(m.Steps)-1].Key, &key)
	if ok && err == nil {
		ok, err = m.Store.Record(string(Image), key, &last)
	}
	if changes := stepkey.Explain(last.Facts, m.image); ok && err == nil && changes != nil {
		return strings.Join(changes, "; ")
	}
	return "it was not made with these options here before"
}
