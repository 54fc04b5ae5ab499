package templates

import (
	"path/filepath"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/tools/txtar"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/legacy"
)

// FuzzLegacy looks for legacy templates, variable files and values on which the
// loader panics or never ends, which become what is no HCL, or whose problems are
// nowhere. Its seeds are the templates of testdata.
func FuzzLegacy(f *testing.F) {
	archives, err := filepath.Glob("testdata/legacy/*.txtar")
	if err != nil || len(archives) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		values := []byte("{}")
		if second := archive.Files[1]; second.Name != "hcl" {
			values = second.Data
		}
		f.Add(archive.Files[0].Data, values, "x={{user `y`}}")
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, template, values []byte, arg string) {
		defer watch().Stop()
		name, file := filepath.Join(dir, "a.json"), filepath.Join(dir, "values")
		put(t, name, template)
		put(t, file, values)
		plan, diags := Load(t.Context(), name, components(), Options{
			Vars: []string{arg}, VarFiles: []string{file}, Env: builders.Env{RunID: "run-1"},
		})
		for _, d := range diags {
			if d.Severity == hcl.DiagError && d.Subject != nil && d.Subject.Filename == name && !d.Subject.CanSliceBytes(plan.Files[name].Bytes) {
				t.Errorf("%s: it is at %v", d, d.Subject)
			}
		}
		exercise(t, plan, diags)
		src, diags := legacy.Upgrade(name, template, components().Shapes, len(arg)%2 == 0)
		if diags.HasErrors() {
			return
		}
		if _, diags := hclsyntax.ParseConfig(src, "a.pkr.hcl", hcl.InitialPos); diags.HasErrors() {
			t.Errorf("%s\n%s", src, diags)
		}
	})
}
