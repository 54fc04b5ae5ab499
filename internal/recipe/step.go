package recipe

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/caching"
	"github.com/ovenbird-io/ovenbird/internal/decode"
)

// Step is a provisioner or post-processor block.
type Step struct {
	Kind   string
	KindAt hcl.Range
	Turn   *Turn    // of the build block
	Body   hcl.Body // what is left for the component
	Meta   Meta
	Set    decode.Ranges // where the meta-arguments stand
	At     hcl.Range

	listed bool // it stands in a provisioners block, whose builds may differ
}

// Meta is what both kinds of steps take besides the options of the component.
type Meta struct {
	Name   string   `hcl:"name,optional"`
	Only   []string `hcl:"only,optional"`
	Except []string `hcl:"except,optional"`

	Provisioner *ProvisionerMeta // nil for a post-processor
	Post        *PostMeta        // nil for a provisioner
}

// ProvisionerMeta is what any provisioner takes.
type ProvisionerMeta struct {
	PauseBefore     time.Duration                   `hcl:"pause_before,optional"`
	Timeout         time.Duration                   `hcl:"timeout,optional"`
	MaxRetries      int                             `hcl:"max_retries,optional"`
	ContinueOnError bool                            `hcl:"continue_on_error,optional"`
	Override        map[string]map[string]cty.Value `hcl:"override,optional"`
	Caching         caching.Meta                    `hcl:",remain"`

	Cache caching.Options
}

// PostMeta is what any post-processor takes.
type PostMeta struct {
	KeepInput *bool `hcl:"keep_input_artifact,optional"`
}

// readStep splits a block into its meta-arguments and the component's options.
func (r *Recipe) readStep(b *hcl.Block, more any, e *Turn) *Step {
	s := &Step{Kind: b.Labels[0], Turn: e, At: b.DefRange, KindAt: b.LabelRanges[0]}
	src := decode.Source{Block: b.DefRange, Eval: r.Evaluator(e), Files: r.Files}
	rest, set, diags := decode.Part(src, b.Body, &s.Meta)
	r.Diags = append(r.Diags, diags...)
	body, own, diags := decode.Part(src, rest, more)
	r.Diags = append(r.Diags, diags...)
	maps.Copy(set, own)
	s.Body, s.Set = body, set
	switch more := more.(type) {
	case *ProvisionerMeta:
		s.Meta.Provisioner = more
		if !diags.HasErrors() {
			more.Cache, diags = more.Caching.Check(set)
			r.Diags = append(r.Diags, diags...)
		}
		if more.MaxRetries < 0 {
			r.Warn(set["max_retries"].Ptr(), "max_retries is negative", "It counts as 0: the step is tried once.")
		}
	case *PostMeta:
		s.Meta.Post = more
	}
	if len(s.Meta.Only) > 0 && len(s.Meta.Except) > 0 {
		r.Fail(set["except"].Ptr(), "Only one of only and except", "The step has both; keep one.")
	}
	return s
}

// Skips tells whether only or except leaves the step out of a build of a source.
func (s *Step) Skips(u *Use) bool {
	has := func(list []string) bool {
		return slices.ContainsFunc(list, func(item string) bool {
			return slices.Contains(u.names(), strings.TrimPrefix(item, "source."))
		})
	}
	return len(s.Meta.Only) > 0 && !has(s.Meta.Only) || has(s.Meta.Except)
}

// Label is the name of the step, or else its type.
func (s *Step) Label() string {
	if s.Meta.Name != "" {
		return s.Meta.Name
	}
	return s.Kind
}

// Identity names a build: "web.qemu.debian" in a build block named web. Keys of
// for_each follow the name they belong to: "web.EU.qemu.debian.12". The block is
// nil when the source is built only because another one starts from it.
func Identity(block *Build, u *Use) string {
	id := fmt.Sprintf("%s.%s", u.Source.Kind, u.Name)
	if block == nil {
		return id
	}
	if prefix := block.Turn.Join(block.Name); prefix != "" {
		id = prefix + "." + id
	}
	return id
}
