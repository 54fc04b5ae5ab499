package docgen

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// sample is a small module with every shape of option the generator knows.
const sample = `
-- go.mod --
module example.org/m
-- main.go --
package main

import (
	"example.org/m/builders/vm"
	loc "example.org/m/provisioners/shelllocal"
)

func components() any {
	return map[string]any{
		"big-vm":      func() any { return vm.New() },
		"shell-local": loc.New,
	}
}
-- builders/vm/vm.go --
package vm

import (
	"time"

	"example.org/m/internal/comm"
)

const defaultMemory = 512

// Builder boots a big machine.
type Builder struct {
	// Megabytes of memory.
	Memory int ` + "`hcl:\"memory,optional\"`" + `
	Disk string ` + "`hcl:\"disk\"`" + ` // Path of the disk.
	// How long to wait.
	Wait  time.Duration ` + "`hcl:\"wait,optional\"`" + `
	Names []string ` + "`hcl:\"names,optional\"`" + `
	Tags  map[string]string ` + "`hcl:\"tags,optional\"`" + `
	Fast  *bool ` + "`hcl:\"fast,optional\"`" + `
	Seal  *Seal ` + "`hcl:\"seal,block\"`" + `
	Drive []drive ` + "`hcl:\"drive,block\"`" + `
	comm.SSH ` + "`hcl:\",remain\"`" + `
	hidden int
}

// Seal cleans up.
type Seal struct {
	// What to keep.
	Keep []string ` + "`hcl:\"keep,optional\"`" + `
}

type drive struct {
	Size mode ` + "`hcl:\"size\"`" + `
}

type mode string

func New() *Builder {
	return &Builder{Memory: defaultMemory, Wait: 5 * time.Minute, Names: []string{"a", "b"}, Seal: &Seal{Keep: []string{"logs"}}, SSH: comm.Defaults()}
}
-- internal/comm/comm.go --
package comm

type SSH struct {
	// User to log in as.
	User string ` + "`hcl:\"ssh_username,optional\"`" + `
}

func Defaults() SSH { return SSH{User: "root"} }
-- provisioners/shelllocal/p.go --
package shelllocal

// Shell runs on this host.
type Shell struct{}

func New() *Shell { return &Shell{} }
-- postprocessors/sum/sum.go --
package sum

// Sum sums.
type Sum struct {
	Types []string ` + "`hcl:\"types,optional\"`" + `
}

func New() *Sum { return &Sum{Types: []string{"sha256"}} }
-- postprocessors/postprocessors.go --
package postprocessors
`

func unpack(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(sample)).Files {
		name := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestPages(t *testing.T) {
	all, err := Components(unpack(t))
	if err != nil {
		t.Fatal(err)
	}
	pages := Pages(all)
	for _, c := range []struct{ page, line string }{
		{"builder-big-vm.md", "# Builder `big-vm`"},
		{"builder-big-vm.md", "`big-vm` boots a big machine."},
		{"builder-big-vm.md", "- `memory` (number, default `512`): Megabytes of memory."},
		{"builder-big-vm.md", "- `disk` (string, required): Path of the disk."},
		{"builder-big-vm.md", "- `wait` (duration, default `\"5m\"`): How long to wait."},
		{"builder-big-vm.md", "- `names` (list(string), default `[\"a\", \"b\"]`)"},
		{"builder-big-vm.md", "- `tags` (map(string))"},
		{"builder-big-vm.md", "- `fast` (bool)"},
		{"builder-big-vm.md", "- `seal` (block): Seal cleans up."},
		{"builder-big-vm.md", "  - `keep` (list(string), default `[\"logs\"]`): What to keep."},
		{"builder-big-vm.md", "- `drive` (block, may be repeated)"},
		{"builder-big-vm.md", "  - `size` (string, required)"},
		{"builder-big-vm.md", "- `ssh_username` (string, default `\"root\"`): User to log in as."},
		{"post-processor-sum.md", "- `types` (list(string), default `[\"sha256\"]`)"},
		{"README.md", "- [builder `big-vm`](builder-big-vm.md)"},
	} {
		if !strings.Contains(string(pages[c.page])+"\n", c.line+"\n") {
			t.Errorf("%s lacks %q:\n%s", c.page, c.line, pages[c.page])
		}
	}
	if strings.Contains(string(pages["builder-big-vm.md"]), "hidden") {
		t.Error("a field without an hcl tag is documented")
	}
}

func TestStale(t *testing.T) {
	dir := t.TempDir()
	pages := map[string][]byte{"a.md": []byte("a"), "b.md": []byte("b")}
	if err := os.WriteFile(filepath.Join(dir, "old.md"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := Stale(dir, pages); len(got) != 3 {
		t.Errorf("missing a.md and b.md, extra old.md: got %v", got)
	}
	if err := Write(dir, pages); err != nil {
		t.Fatal(err)
	}
	if got := Stale(dir, pages); len(got) != 0 {
		t.Errorf("just written, yet stale: %v", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.md"), []byte("edited"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := Stale(dir, pages); len(got) != 1 || got[0] != "a.md" {
		t.Errorf("a.md was edited: got %v", got)
	}
}
