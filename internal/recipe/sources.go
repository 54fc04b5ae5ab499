package recipe

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/dynblock"

	"github.com/ovenbird-io/ovenbird/internal/decode"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
)

// Source is a source block at the top of a file.
type Source struct {
	Kind, Name string // with for_each, the key of its turn ends the name
	Short      string // the name without that key
	Turn       *Turn
	Body       hcl.Body
	At         hcl.Range
	KindAt     hcl.Range
}

// Key is what references call the source: "TYPE.NAME".
func (s *Source) Key() string { return s.Kind + "." + s.Name }

// expanded lists the top-level blocks of one type, dynamic ones included.
func (r *Recipe) expanded(kind string) []*hcl.Block {
	var all []*hcl.Block
	for _, name := range r.Names {
		f := r.Files[name]
		if f == nil {
			continue
		}
		schema := &hcl.BodySchema{}
		for _, b := range rootSchema(false).Blocks {
			if b.Type == kind {
				schema.Blocks = append(schema.Blocks, b)
			}
		}
		content, _, diags := dynblock.Expand(f.Body, r.Scope.Base()).PartialContent(schema)
		r.Diags = append(r.Diags, diags...)
		if content != nil {
			all = append(all, content.Blocks...)
		}
	}
	return all
}

// ReadSources reads the source blocks. Components need not exist.
func (r *Recipe) ReadSources() {
	for _, i := range r.Instances("source") {
		b := i.Block
		s := &Source{
			Kind: b.Labels[0], Name: i.Turn.Join(b.Labels[1]), Short: b.Labels[1], Turn: i.Turn,
			Body: i.Body, At: b.DefRange, KindAt: b.LabelRanges[0],
		}
		if first := r.Sources[s.Key()]; first != nil {
			r.Diags = append(r.Diags, hclfile.Duplicate(s.At, first.At, "Duplicate source",
				fmt.Sprintf("source.%s is already defined at %s.", s.Key(), first.At)))
			continue
		}
		r.Sources[s.Key()] = s
		r.ordered = append(r.ordered, s)
	}
}

// FindSource is the one source that a reference names; it complains at the
// given range when there is none, or more than one.
func (r *Recipe) FindSource(ref string, at hcl.Range) *Source {
	all := r.findSources(ref, at)
	if len(all) > 1 {
		r.Diags = append(r.Diags, choice(ref, all, at))
	}
	if len(all) != 1 {
		return nil
	}
	return all[0]
}

// findSources lists what a reference names, "source.TYPE.NAME" or "TYPE.NAME":
// one source, or all that for_each made of a block. It complains at the given
// range when there is none.
func (r *Recipe) findSources(ref string, at hcl.Range) []*Source {
	key := strings.TrimPrefix(ref, "source.")
	if s := r.Sources[key]; s != nil {
		return []*Source{s}
	}
	var all []*Source
	for _, s := range r.ordered {
		if s.Turn != nil && s.Kind+"."+s.Short == key {
			all = append(all, s)
		}
	}
	if len(all) > 0 || r.empty[key] {
		return all
	}
	// Packer takes any word for "source".
	if _, rest, _ := strings.Cut(key, "."); r.Sources[rest] != nil && r.Sources[rest].Turn == nil {
		return []*Source{r.Sources[rest]}
	}
	keys := slices.Sorted(maps.Keys(r.Sources))
	kind, rest, _ := strings.Cut(key, ".")
	short, _, _ := strings.Cut(rest, ".")
	turned := slices.ContainsFunc(r.ordered, func(s *Source) bool { return s.Turn != nil && s.Kind == kind && s.Short == short })
	if strings.Count(key, ".") != 1 && !turned {
		r.Fail(&at, "Invalid source reference", fmt.Sprintf(
			"%q is not of the form \"source.TYPE.NAME\".%s", ref, decode.Suggest(key, keys)))
		return nil
	}
	hint := decode.Suggest(key, keys)
	if hint == "" {
		hint = sameName(key, keys)
	}
	if r.unlabelled {
		return nil
	}
	r.Fail(&at, "Unknown source", fmt.Sprintf("There is no source %q.%s", key, hint))
	return nil
}

// sameName suggests a source that differs only in its type, or its name.
func sameName(key string, keys []string) string {
	kind, name, _ := strings.Cut(key, ".")
	for _, k := range keys {
		if strings.HasSuffix(k, "."+name) || strings.HasPrefix(k, kind+".") {
			return fmt.Sprintf(" Did you mean %q?", k)
		}
	}
	return ""
}
