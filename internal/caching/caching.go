// Package caching reads what a template says of remembering: cache = false, or
// a cache block, in a build or a provisioner.
package caching

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/decode"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
)

// Options say how the results of a step or a build are remembered. The zero
// value is the usual way.
type Options struct {
	Off    bool          // they are not
	MaxAge time.Duration // how old they may be; 0 says nothing of it
	Inputs []string      // patterns of more files and folders that a step depends on; see Find
}

// Meta is how a template says it; other options embed it with `hcl:",remain"`.
type Meta struct {
	Switch *bool  `hcl:"cache,optional"`
	Block  *block `hcl:"cache,block"`
}

type block struct {
	MaxAge *time.Duration `hcl:"max_age,optional"`
	Inputs []string       `hcl:"inputs,optional"`
}

// Build takes it out of the body of a build block and returns the rest.
func Build(src decode.Source, body hcl.Body) (Options, hcl.Body, hcl.Diagnostics) {
	var m Meta
	rest, set, diags := decode.Part(src, body, &m)
	if diags.HasErrors() {
		return Options{}, rest, diags
	}
	if m.Block != nil && m.Block.Inputs != nil {
		m.Block.Inputs = nil
		diags = append(diags, hclfile.Error(Range(set, "inputs"), "Unsupported argument",
			"A provisioner has inputs, not a build; put them in a cache block of the provisioner that reads them."))
	}
	o, more := m.Check(set)
	return o, rest, append(diags, more...)
}

// Range is where an argument of the block stands. In JSON that is an object.
func Range(set decode.Ranges, name string) *hcl.Range {
	if at, ok := set["cache."+name]; ok {
		return &at
	}
	return set["cache"].Ptr()
}

// Check gives the options, and what is wrong with those that could be decoded.
func (m Meta) Check(set decode.Ranges) (o Options, diags hcl.Diagnostics) {
	if m.Switch != nil {
		o.Off = !*m.Switch
	}
	if m.Block == nil {
		return o, nil
	}
	if m.Switch != nil {
		diags = append(diags, hclfile.Error(set["cache"].Ptr(), "cache twice", "Write either cache = false or a cache block, not both."))
	}
	if d := m.Block.MaxAge; d != nil {
		if o.MaxAge = *d; *d <= 0 {
			diags = append(diags, hclfile.Error(Range(set, "max_age"), "Invalid max_age",
				fmt.Sprintf("%s is no age; write a time such as \"12h\", or cache = false in place of the block.", *d)))
		}
	}
	for _, p := range m.Block.Inputs {
		if _, err := filepath.Match(p, ""); err != nil || p == "" {
			diags = append(diags, hclfile.Error(Range(set, "inputs"), "Invalid inputs",
				fmt.Sprintf("%q is no pattern; write a path, or a pattern such as \"roles/*.yml\" or \"ansible/**\".", p)))
			continue
		}
		o.Inputs = append(o.Inputs, p)
	}
	return o, diags
}

// Find gives the files and folders that a pattern of Inputs names. With ** in
// it, they are all below the folder before that, whatever follows.
func Find(pattern string) []string {
	if before, _, deep := strings.Cut(pattern, "**"); deep {
		switch {
		case before == "":
			pattern = "."
		case strings.HasSuffix(before, "/"):
			pattern = filepath.Clean(before)
		default:
			pattern = before + "*"
		}
	}
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil // Check has complained of it
	}
	return paths
}

// Expand finds all that the patterns of Inputs name, and what links in it lead
// to. A step whose pattern finds nothing cannot be remembered: it may be
// misspelt. That error wraps stepkey.ErrUnnamed.
func Expand(patterns []string) ([]string, error) {
	var all []string
	for _, p := range patterns {
		paths := Find(p)
		if len(paths) == 0 {
			return nil, stepkey.Unnamed("there is no " + p + ", of its cache.inputs")
		}
		for _, path := range paths {
			all = append(all, path)
			if info, err := os.Stat(path); err != nil || !info.IsDir() {
				continue
			}
			links, err := stepkey.Links(path)
			if err != nil {
				return nil, fmt.Errorf("cache.inputs: %w", err)
			}
			all = append(all, links...)
		}
	}
	return all, nil
}
