// Package templates reads HCL templates: it parses them, evaluates variables
// and locals, decodes components straight from HCL, and plans builds.
package templates

import (
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/caching"
	"github.com/ovenbird-io/ovenbird/internal/datasource"
	"github.com/ovenbird-io/ovenbird/internal/scope"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/postprocessors"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// Components are all components a template can name. New values come with
// their defaults; HCL is decoded into them.
type Components struct {
	Builders       map[string]func(builders.Env) builders.Builder
	Provisioners   map[string]func(provisioners.Env) provisioners.Provisioner
	PostProcessors map[string]func(postprocessors.Env) postprocessors.PostProcessor
	DataSources    map[string]func(datasource.Env) datasource.Source
	Secret         scope.Secret // nil: there are none
}

// Options say how to read a template and what to plan.
type Options struct {
	Vars           []string // "name=value", from -var, in order
	VarFiles       []string // from -var-file, in order
	Only, Except   []string // globs over build identities
	Env            builders.Env
	WarnUndeclared bool
	SyntaxOnly     bool
	MustBuild      bool     // a plan without builds is an error; else it is a warning
	ReadData       bool     // read the data sources that the plan needs; else what they tell is unknown
	Out            *ui.Root // where the reading of data sources is shown
}

// Plan is all that a run will do, decoded and checked.
type Plan struct {
	Builds  []*Build // bases before what is built from them, else template order
	Secrets []string // values that must never be shown
	Files   map[string]*hcl.File
}

// Build is one source of one build block.
type Build struct {
	ID             string // "qemu.debian", or "web.qemu.debian" in a named build
	Type, Name     string // of the source; with for_each, the key ends the name
	short          string // the name without that key
	Base           *Build // the build whose artifact this one starts from, or nil
	Builder        builders.Builder
	Range          hcl.Range // the source block
	Provisioners   []*Step
	Cleanup        *Step           // error-cleanup-provisioner, or nil
	PostProcessors [][]*PostStep   // chains
	Cache          caching.Options // how its machines and artifact are remembered; has no inputs
	Implicit       bool            // only here because another build starts from it
}

// Step is one provisioner.
type Step struct {
	Type, Name  string
	Range       hcl.Range
	PauseBefore time.Duration
	Timeout     time.Duration // of one attempt; 0 is none
	MaxRetries  int
	// ContinueOnError lets the build go on when this step has failed.
	ContinueOnError bool
	Cache           caching.Options // what the step itself says of it
	// Facts are all that the step depends on, with secrets hidden. The error
	// wraps stepkey.ErrUnnamed when that cannot be told.
	Facts func(stepkey.Hider) ([]stepkey.Fact, error)
	// Decode gives the provisioner, with build.* as they are now.
	Decode func(builders.Info, provisioners.Env) (provisioners.Provisioner, hcl.Diagnostics)
}

// PostStep is one post-processor of a chain.
type PostStep struct {
	Type, Name string
	Range      hcl.Range
	KeepInput  *bool // keep_input_artifact, nil when not set
	// Facts are the options, with secrets hidden.
	Facts  func(stepkey.Hider) ([]stepkey.Fact, error)
	Decode func(builders.Info, postprocessors.Env) (postprocessors.PostProcessor, hcl.Diagnostics)
}
