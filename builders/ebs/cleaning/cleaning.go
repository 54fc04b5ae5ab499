// Package cleaning takes the traces of a bake out of its instance.
package cleaning

import (
	"context"
	"fmt"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/seal"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Options say what is cleaned; the builder embeds them.
type Options struct {
	// What is cleaned before the AMI is made.
	Seal *Seal `hcl:"seal,block"`
	// false leaves the disk as the last provisioner left it.
	SealImage *bool `hcl:"seal,optional"`
}

// Seal says what is not cleaned.
type Seal struct {
	// Names of what to keep, such as "logs" or "package_cache".
	Keep []string `hcl:"keep,optional"`
}

// Validate reports every option that cannot be used.
func (o *Options) Validate() error {
	if o.Seal == nil {
		return nil
	}
	if o.SealImage != nil {
		return option.Bad("seal", "Write either seal = false or a seal block, not both.")
	}
	return seal.CheckKeep("seal.keep", o.Seal.Keep)
}

// Clean cleans the guest, of which s tells the build's key and user. A template
// may want none of that, or only the key gone.
func (o *Options) Clean(ctx context.Context, g guest.Guest, s seal.Options, onlyKey bool, out *ui.UI) error {
	seals := o.SealImage == nil || *o.SealImage // unless the template says no
	switch {
	case !seals && !onlyKey:
		return nil
	case o.Seal != nil:
		s.Keep = o.Seal.Keep
	case !seals:
		s.Keep = append(s.Keep, seal.AllButKey()...)
	}
	out.Say("sealing: taking keys, identity, caches and logs out of the guest")
	if err := seal.Guest(ctx, g, s, out); err != nil {
		return fmt.Errorf("%w; it needs root or sudo, and seal = false leaves it out", err)
	}
	return nil
}
