package templates

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

// source is a source block at the top of a file.
type source struct {
	kind, name string
	short      string // the name without the key of its turn
	turn       *turn
	body       hcl.Body
	at         hcl.Range
	kindAt     hcl.Range
}

func (s *source) key() string { return s.kind + "." + s.name }

// expanded lists the top-level blocks of one type, dynamic ones included.
func (t *template) expanded(kind string) []*hcl.Block {
	var all []*hcl.Block
	for _, name := range t.names {
		f := t.files[name]
		if f == nil {
			continue
		}
		schema := &hcl.BodySchema{}
		for _, b := range rootSchema(false).Blocks {
			if b.Type == kind {
				schema.Blocks = append(schema.Blocks, b)
			}
		}
		content, _, diags := dynblock.Expand(f.Body, t.scope.Base()).PartialContent(schema)
		t.diags = append(t.diags, diags...)
		if content != nil {
			all = append(all, content.Blocks...)
		}
	}
	return all
}

func (t *template) readSources() {
	for _, i := range t.instances("source") {
		b := i.block
		s := &source{kind: b.Labels[0], name: i.turn.join(b.Labels[1]), short: b.Labels[1], turn: i.turn, body: i.body, at: b.DefRange, kindAt: b.LabelRanges[0]}
		if first := t.sources[s.key()]; first != nil {
			t.diags = append(t.diags, hclfile.Duplicate(s.at, first.at, "Duplicate source",
				fmt.Sprintf("source.%s is already defined at %s.", s.key(), first.at)))
			continue
		}
		t.sources[s.key()] = s
		t.ordered = append(t.ordered, s)
	}
}

func (t *template) unknownComponent(what, kind string, at hcl.Range, names []string) {
	t.fail(&at, fmt.Sprintf("Unknown %s %q", what, kind), fmt.Sprintf("There is no %s %q.%s There are: %s.",
		what, kind, decode.Suggest(kind, names), strings.Join(names, ", ")))
}

// findSource is the one source that a reference names.
func (t *template) findSource(ref string, at hcl.Range) *source {
	all := t.findSources(ref, at)
	if len(all) > 1 {
		t.diags = append(t.diags, choice(ref, all, at))
	}
	if len(all) != 1 {
		return nil
	}
	return all[0]
}

// findSources lists what a reference names, "source.TYPE.NAME" or "TYPE.NAME":
// one source, or all that for_each made of a block. It complains at the given
// range when there is none.
func (t *template) findSources(ref string, at hcl.Range) []*source {
	key := strings.TrimPrefix(ref, "source.")
	if s := t.sources[key]; s != nil {
		return []*source{s}
	}
	var all []*source
	for _, s := range t.ordered {
		if s.turn != nil && s.kind+"."+s.short == key {
			all = append(all, s)
		}
	}
	if len(all) > 0 || t.empty[key] {
		return all
	}
	keys := slices.Sorted(maps.Keys(t.sources))
	kind, rest, _ := strings.Cut(key, ".")
	short, _, _ := strings.Cut(rest, ".")
	turned := slices.ContainsFunc(t.ordered, func(s *source) bool { return s.turn != nil && s.kind == kind && s.short == short })
	if strings.Count(key, ".") != 1 && !turned {
		t.fail(&at, "Invalid source reference", fmt.Sprintf(
			"%q is not of the form \"source.TYPE.NAME\".%s", ref, decode.Suggest(key, keys)))
		return nil
	}
	hint := decode.Suggest(key, keys)
	if hint == "" && t.components.Builders[strings.Split(key, ".")[0]] != nil {
		hint = sameName(key, keys)
	}
	t.fail(&at, "Unknown source", fmt.Sprintf("There is no source %q.%s", key, hint))
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
