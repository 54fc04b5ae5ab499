package templates

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ovenbird-io/ovenbird/internal/caching"
	"github.com/ovenbird-io/ovenbird/internal/recipe"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
	"github.com/ovenbird-io/ovenbird/postprocessors"
	"github.com/ovenbird-io/ovenbird/provisioners"
	"github.com/ovenbird-io/ovenbird/templates/buildvars"
)

// facts names what a provisioner depends on: its options, with names in place
// of the values of one machine, and the files that it uploads or runs.
func (t *template) facts(s *recipe.Step, b *Build, create func(provisioners.Env) provisioners.Provisioner) func(stepkey.Hider) ([]stepkey.Fact, error) {
	return func(h stepkey.Hider) ([]stepkey.Fact, error) {
		cache := s.Meta.Provisioner.Cache
		if cache.Off {
			return nil, stepkey.Unnamed("cache = false")
		}
		build := buildvars.Placeholders(b.Name)
		p := create(provisioners.Env{BuildName: b.Name, BuilderType: b.Type, Vars: buildvars.Texts(build)})
		conditions, err := t.decodeEarly(s, b, build, p, h)
		if err != nil {
			return nil, err
		}
		paths, err := provisioners.InputsOf(p)
		if errors.Is(err, stepkey.ErrUnnamed) && len(cache.Inputs) > 0 {
			err = nil // the user knows better
		}
		if err != nil {
			return nil, err
		}
		more, err := caching.Expand(cache.Inputs)
		if err != nil {
			return nil, err
		}
		files, err := stepkey.Files(h, append(paths, more...)...)
		if err != nil {
			return nil, err
		}
		return slices.Concat(optionFacts("provisioner", s, b, p, h), conditions, files), nil
	}
}

func (t *template) postFacts(s *recipe.Step, b *Build, create func(postprocessors.Env) postprocessors.PostProcessor) func(stepkey.Hider) ([]stepkey.Fact, error) {
	return func(h stepkey.Hider) ([]stepkey.Fact, error) {
		build := buildvars.Placeholders(b.Name)
		p := create(postprocessors.Env{BuildName: b.Name, BuilderType: b.Type, Vars: buildvars.Texts(build)})
		conditions, err := t.decodeEarly(s, b, build, p, h)
		if err != nil {
			return nil, err
		}
		if pure, ok := p.(postprocessors.Pure); !ok || !pure.Pure() {
			return nil, stepkey.Unnamed("it may do more than its options tell")
		}
		return append(optionFacts("post-processor", s, b, p, h), conditions...), nil
	}
}

// optionFacts begin with what scripts can see besides their options.
func optionFacts(what string, s *recipe.Step, b *Build, component any, h stepkey.Hider) []stepkey.Fact {
	return append([]stepkey.Fact{
		stepkey.Text(what, s.Kind), stepkey.Text("source", h.Hide(b.Type+"."+b.Name)),
	}, stepkey.Options(component, h)...)
}

// checkInputs warns of patterns that may be misspelt.
func (t *template) checkInputs(s *recipe.Step) {
	for _, p := range s.Meta.Provisioner.Cache.Inputs {
		if len(caching.Find(p)) == 0 {
			t.Warn(caching.Range(s.Set, "inputs"), "inputs names what is not there", fmt.Sprintf(
				"There is no %s, so the step is not remembered; paths are relative to the working directory.", p))
		}
	}
}
