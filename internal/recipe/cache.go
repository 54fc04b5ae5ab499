package recipe

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/decode"
)

// Cache says how the results of a step or a build are remembered. The zero
// value is the usual way.
type Cache struct {
	Off    bool          // they are not
	MaxAge time.Duration // how old they may be; 0 says nothing of it
	Inputs []string      // patterns of more files and folders that a step depends on
}

// caching is how a template says it: cache = false, or a cache block.
type caching struct {
	Switch *bool       `hcl:"cache,optional"`
	Block  *cacheBlock `hcl:"cache,block"`
}

type cacheBlock struct {
	MaxAge *time.Duration `hcl:"max_age,optional"`
	Inputs []string       `hcl:"inputs,optional"`
}

// buildCache reads what a build block says of it, and returns the rest.
func (r *Recipe) buildCache(i Instance) (Cache, hcl.Body) {
	var given caching
	src := decode.Source{Block: i.Block.DefRange, Eval: r.Evaluator(i.Turn), Files: r.Files}
	rest, set, diags := decode.Part(src, i.Body, &given)
	r.Diags = append(r.Diags, diags...)
	if given.Block != nil && given.Block.Inputs != nil {
		r.Fail(cacheRange(set, "inputs"), "Unsupported argument", "A provisioner has inputs, not a build; put them in a cache block of the provisioner that reads them.")
		given.Block.Inputs = nil
	}
	return r.cache(given, set, !diags.HasErrors()), rest
}

// cacheRange is where an argument of the block stands. In JSON that is an object.
func cacheRange(set decode.Ranges, name string) *hcl.Range {
	if at, ok := set["cache."+name]; ok {
		return &at
	}
	return set["cache"].Ptr()
}

// cache checks what is given, if it could be read.
func (r *Recipe) cache(given caching, set decode.Ranges, readable bool) Cache {
	var c Cache
	if given.Switch != nil {
		c.Off = !*given.Switch
	}
	if given.Block == nil || !readable {
		return c
	}
	if given.Switch != nil {
		r.Fail(set["cache"].Ptr(), "cache twice", "Write either cache = false or a cache block, not both.")
	}
	if d := given.Block.MaxAge; d != nil {
		if c.MaxAge = *d; *d <= 0 {
			r.Fail(cacheRange(set, "max_age"), "Invalid max_age",
				fmt.Sprintf("%s is no age; write a time such as \"12h\", or cache = false in place of the block.", *d))
		}
	}
	for _, p := range given.Block.Inputs {
		if _, err := filepath.Match(p, ""); err != nil || p == "" {
			r.Fail(cacheRange(set, "inputs"), "Invalid inputs",
				fmt.Sprintf("%q is no pattern; write a path, or a pattern such as \"roles/*.yml\" or \"ansible/**\".", p))
			continue
		}
		c.Inputs = append(c.Inputs, p)
	}
	return c
}
