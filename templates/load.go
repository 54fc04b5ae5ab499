package templates

import (
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/ovenbird-io/ovenbird/internal/functions"
	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
)

// LanguageVersion is the version of Packer whose template language is
// implemented; required_version is checked against it.
const LanguageVersion = gotmpl.Version

// template is a template being read.
type template struct {
	options    Options
	components Components

	path   string // as given
	root   string // its directory, as typed
	dir    bool   // path is a directory
	start  time.Time
	names  []string // of the files, in order
	files  map[string]*hcl.File
	blocks []*hcl.Block // of all files, dynamic blocks not expanded
	broken bool         // a file cannot be parsed; looking further would only confuse

	functions map[string]function.Function
	base      *hcl.EvalContext // var, local, path, packer
	variables map[string]*variable
	locals    map[string]*local
	sources   map[string]*source
	builds    []*buildBlock
	secrets   []string
	diags     hcl.Diagnostics
}

// Load reads the template at path, a file or a directory, and plans its builds.
// All problems are reported at once. The plan is never nil: its Files are what
// WriteDiagnostics shows excerpts of. After an error it has no builds.
func Load(path string, c Components, o Options) (*Plan, hcl.Diagnostics) {
	t := &template{
		options: o, components: c, path: path, start: time.Now().UTC(),
		files:     map[string]*hcl.File{},
		variables: map[string]*variable{}, locals: map[string]*local{}, sources: map[string]*source{},
	}
	t.parse()
	if !t.checkPacker() || t.broken {
		return t.finish(nil)
	}
	t.functions = functions.Table(t.root, t.start)
	t.declare()
	if o.SyntaxOnly {
		return t.finish(nil)
	}
	t.setVariables()
	t.base = t.context(nil)
	t.evaluateLocals()
	t.readSources()
	t.readBuilds()
	return t.finish(t.plan())
}

// finish hides secrets in what will be shown and drops what was said twice, as
// a block used by several sources does.
func (t *template) finish(builds []*Build) (*Plan, hcl.Diagnostics) {
	plan := &Plan{Secrets: unique(t.secrets), Files: t.files}
	if !t.diags.HasErrors() {
		plan.Builds = builds
	}
	return plan, tidy(t.diags, plan.Secrets)
}

func unique(all []string) []string {
	var once []string
	seen := map[string]bool{}
	for _, s := range all {
		if !seen[s] {
			seen[s] = true
			once = append(once, s)
		}
	}
	return once
}
