package templates

import (
	"context"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/internal/scope"
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

	scope     *scope.Scope
	sources   map[string]*source
	ordered   []*source       // the same, as they stand in the files
	empty     map[string]bool // source blocks whose for_each has nothing, or is wrong
	lists     map[string]*provisionerList
	builds    []*buildBlock
	unplanned bool // which builds there are depends on data that was not read
	diags     hcl.Diagnostics
}

// Load reads the template at path, a file or a directory, and plans its builds.
// All problems are reported at once. The plan is never nil: its Files are what
// WriteDiagnostics shows excerpts of. After an error it has no builds.
func Load(ctx context.Context, path string, c Components, o Options) (*Plan, hcl.Diagnostics) {
	t := &template{
		options: o, components: c, path: path, start: time.Now().UTC(),
		files: map[string]*hcl.File{}, sources: map[string]*source{}, empty: map[string]bool{},
	}
	t.parse()
	t.scope = scope.New(t.root, t.start, t.files)
	t.scope.Know("build", buildKeys())
	t.scope.Know("each", []string{"key", "value"})
	if !t.checkPacker() || t.broken {
		return t.finish(nil)
	}
	t.useData(ctx)
	t.declare()
	if o.SyntaxOnly {
		return t.finish(nil)
	}
	t.scope.SetVariables(scope.Inputs{
		Vars: o.Vars, Files: o.VarFiles, Auto: t.dir, WarnUndeclared: o.WarnUndeclared,
	})
	t.scope.EvaluateLocals()
	t.diags = append(t.diags, t.scope.Diagnostics()...)
	t.needDynamic()
	t.readSources()
	t.readLists()
	t.readBuilds()
	return t.finish(t.plan())
}

// finish hides secrets in what will be shown and drops what was said twice, as
// a block used by several sources does.
func (t *template) finish(builds []*Build) (*Plan, hcl.Diagnostics) {
	t.scope.StopReading()
	plan := &Plan{Secrets: unique(t.scope.Secrets()), Files: t.files}
	if !t.diags.HasErrors() {
		plan.Builds = builds
	}
	explainEach(t.diags)
	explainUnread(t.diags)
	diags := hclfile.Tidy(t.diags, plan.Secrets)
	if t.dir {
		hclfile.Clashes(diags)
	}
	return plan, diags
}

// declare reads the headers of all blocks that stand at the top of a file.
func (t *template) declare() {
	for _, b := range t.blocks {
		switch b.Type {
		case "hcp_packer_registry":
			t.ignoreRegistry(b)
		default:
			t.scope.Declare(b)
		}
	}
	t.diags = append(t.diags, t.scope.Diagnostics()...)
}

// ignoreRegistry lets a template be baked that would be registered elsewhere.
func (t *template) ignoreRegistry(b *hcl.Block) {
	t.warn(&b.DefRange, "hcp_packer_registry does nothing here", "Images are baked, but not registered with HCP Packer.")
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
