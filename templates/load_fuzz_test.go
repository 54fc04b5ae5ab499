package templates

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"golang.org/x/tools/txtar"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/postprocessors"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// besides are the names that the second file of FuzzLoad can have.
var besides = []string{"b.pkr.json", "b.pkr.hcl", "x.auto.pkrvars.hcl", "x.auto.pkrvars.json", "t.tpl"}

// patience is how long one template may take on a machine that has much else to do.
const patience = 5 * time.Minute

// FuzzLoad looks for templates on which the loader panics, never ends, or wants
// all memory. Its seeds are the templates of testdata.
func FuzzLoad(f *testing.F) {
	seedLoad(f)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, template, beside []byte, which uint8) {
		if leavesFolder(template) || leavesFolder(beside) {
			return
		}
		defer watch().Stop()
		name := filepath.Join(dir, besides[int(which)%len(besides)])
		put(t, filepath.Join(dir, "a.pkr.hcl"), template)
		put(t, name, beside)
		defer os.Remove(name)
		plan, diags := Load(t.Context(), dir, components(), Options{
			ReadData: which >= 128, Env: builders.Env{RunID: "run-1"},
		})
		exercise(t, plan, diags)
	})
}

// watch ends the process unless it is stopped in time.
func watch() *time.Timer {
	return time.AfterFunc(patience, func() {
		debug.SetTraceback("all")
		panic("it takes too long")
	})
}

// exercise decodes all steps of a plan, and renders what is wrong.
func exercise(t *testing.T, plan *Plan, diags hcl.Diagnostics) {
	for _, b := range plan.Builds {
		for _, s := range b.Provisioners {
			_, more := s.Decode(builders.Info{ID: "VM"}, provisioners.Env{})
			diags = append(diags, more...)
		}
		for _, chain := range b.PostProcessors {
			for _, s := range chain {
				_, more := s.Decode(builders.Info{ID: "VM"}, postprocessors.Env{})
				diags = append(diags, more...)
			}
		}
	}
	for _, d := range diags {
		if hclfile.Problem(plan.Files, d, 78).Text == "" {
			t.Error("a problem without a text")
		}
	}
}

func seedLoad(f *testing.F) {
	f.Helper()
	for _, pattern := range []string{"testdata/*.txtar", "testdata/cases/*.txtar"} {
		archives, err := filepath.Glob(pattern)
		if err != nil || len(archives) == 0 {
			f.Fatalf("no seeds: %v", err)
		}
		for _, name := range archives {
			if strings.Contains(name, "bounds-") {
				continue // slow as such
			}
			archive, err := txtar.ParseFile(name)
			if err != nil {
				f.Fatal(err)
			}
			var template, beside []byte
			which := uint8(0)
			for _, file := range archive.Files {
				switch i := kindOf(file.Name); {
				case i < 0:
				case i == 1 && template == nil:
					template = file.Data
				case beside == nil:
					beside, which = file.Data, uint8(i)
				}
			}
			f.Add(template, beside, which)
		}
	}
}

// kindOf is the place in besides of a name that ends the same, or -1.
func kindOf(name string) int {
	for i, other := range besides {
		if _, ending, _ := strings.Cut(other, "."); strings.HasSuffix(name, "."+ending) {
			return i
		}
	}
	return -1
}

// leavesFolder tells whether a text may name files outside of its folder.
func leavesFolder(text []byte) bool {
	for _, way := range []string{"..", "~", `"/`, `\`, "abspath", "cwd"} {
		if strings.Contains(string(text), way) {
			return true
		}
	}
	return false
}

func put(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
