package templates

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// TestStepsDecodeInParallel decodes a step of two builds many times at once, as
// parallel builds do; the race detector watches.
func TestStepsDecodeInParallel(t *testing.T) {
	text := `
variable "names" { default = ["one", "two"] }
source "fake" "a" { image = "i" }
source "fake" "b" { image = "i" }
build {
  sources = ["fake.a", "fake.b"]
  dynamic "provisioner" {
    for_each = var.names
    labels   = ["shell"]
    content {
      inline = ["${provisioner.value} ${build.ID} ${source.name} {{ build_name }}"]
    }
  }
}
`
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.pkr.hcl"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	plan, diags := Load(t.Context(), dir, components(), Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var wait sync.WaitGroup
	for i := range 20 {
		for _, b := range plan.Builds {
			wait.Go(func() {
				id := fmt.Sprintf("vm-%d", i)
				p, diags := b.Provisioners[1].Decode(builders.Info{ID: id}, provisioners.Env{})
				want := fmt.Sprintf("two %s %s %s", id, b.Name, b.Name)
				if got := p.(*fakeShell).Inline; diags.HasErrors() || len(got) != 1 || got[0] != want {
					t.Errorf("got %q, %v; want %q", got, diags, want)
				}
			})
		}
	}
	wait.Wait()
}
