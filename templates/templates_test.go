package templates

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"golang.org/x/tools/txtar"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/caching"
	"github.com/ovenbird-io/ovenbird/postprocessors"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

var update = flag.Bool("update", false, "write what Load says into testdata/*.txtar")

// TestLoad runs testdata/*.txtar. The comment of an archive says what it is
// about; its lines that begin with a dash are options of Load, as on the command
// line; "env NAME=VALUE" sets a variable; "path NAME" loads that file of the
// archive instead of the whole. The file "want" is what Load then says: the
// diagnostics as a user sees them, then the plan.
func TestLoad(t *testing.T) { loadAll(t, "testdata/*.txtar") }

func loadAll(t *testing.T, pattern string) {
	t.Helper()
	archives, err := filepath.Glob(pattern)
	if err != nil || len(archives) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			path, err := filepath.Abs(name)
			if err != nil {
				t.Fatal(err)
			}
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want, files := "", []txtar.File{}
			for _, f := range archive.Files {
				if f.Name == "want" {
					want = string(f.Data)
				} else {
					files = append(files, f)
				}
			}
			got := load(t, string(archive.Comment), files)
			if *update {
				archive.Files = append(files, txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func load(t *testing.T, script string, files []txtar.File) string {
	dir := t.TempDir()
	for _, f := range files {
		name := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	path, o := ".", Options{Env: builders.Env{RunID: "run-1"}}
	for line := range strings.Lines(script) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "-var":
			o.Vars = append(o.Vars, rest)
		case "-var-file":
			o.VarFiles = append(o.VarFiles, rest)
		case "-only":
			o.Only = append(o.Only, strings.Split(rest, ",")...)
		case "-except":
			o.Except = append(o.Except, strings.Split(rest, ",")...)
		case "-build":
			o.MustBuild = true
		case "-warn-undeclared":
			o.WarnUndeclared = true
		case "-read-data":
			o.ReadData = true
		case "-syntax-only":
			o.SyntaxOnly = true
		case "env":
			name, value, _ := strings.Cut(rest, "=")
			t.Setenv(name, value)
		case "path":
			path = rest
		}
	}
	plan, diags := Load(t.Context(), path, components(), o)
	var out bytes.Buffer
	if err := hcl.NewDiagnosticTextWriter(&out, plan.Files, 78, false).WriteDiagnostics(diags); err != nil {
		t.Fatal(err)
	}
	if len(plan.Secrets) > 0 {
		fmt.Fprintf(&out, "secrets: %q\n", plan.Secrets)
	}
	for _, b := range plan.Builds {
		dump(t, &out, b)
	}
	return out.String()
}

// dump writes a build as it runs on a machine with the ID "VM".
func dump(t *testing.T, out *bytes.Buffer, b *Build) {
	fmt.Fprintf(out, "build %s", b.ID)
	if b.Base != nil {
		fmt.Fprintf(out, " from %s", b.Base.ID)
	}
	if b.Implicit {
		out.WriteString(" implicit")
	}
	fmt.Fprintf(out, "%s\n  %s\n", cached(b.Cache), show(t, b.Builder))
	info := builders.Info{ID: "VM", Host: "127.0.0.1", Port: 2222, User: "root", ConnType: "ssh"}
	steps := b.Provisioners
	if b.Cleanup != nil {
		steps = append(slices.Clone(steps), b.Cleanup)
	}
	for _, s := range steps {
		p, diags := s.Decode(info, provisioners.Env{BuildName: b.Name, BuilderType: b.Type, RunID: "run-1"})
		what := "provisioner"
		if s == b.Cleanup {
			what = "on error"
		}
		fmt.Fprintf(out, "  %s %s %q", what, s.Type, s.Name)
		if s.ContinueOnError {
			out.WriteString(" may fail")
		}
		if s.PauseBefore+s.Timeout != 0 || s.MaxRetries != 0 {
			fmt.Fprintf(out, " pause %s timeout %s retries %d", s.PauseBefore, s.Timeout, s.MaxRetries)
		}
		fmt.Fprintf(out, "%s\n    %s\n", cached(s.Cache), show(t, p))
		for _, d := range diags {
			fmt.Fprintf(out, "    %s\n", d)
		}
	}
	for i, chain := range b.PostProcessors {
		for _, s := range chain {
			p, diags := s.Decode(info, postprocessors.Env{BuildName: b.Name, BuilderType: b.Type, RunID: "run-1"})
			keep := "default"
			if s.KeepInput != nil {
				keep = fmt.Sprint(*s.KeepInput)
			}
			fmt.Fprintf(out, "  chain %d: %s %q keep %s %s\n", i, s.Type, s.Name, keep, show(t, p))
			for _, d := range diags {
				fmt.Fprintf(out, "    %s\n", d)
			}
		}
	}
}

func cached(c caching.Options) string {
	var text string
	if c.Off {
		text += " not remembered"
	}
	if c.MaxAge != 0 {
		text += fmt.Sprintf(" for %s", c.MaxAge)
	}
	if len(c.Inputs) > 0 {
		text += fmt.Sprintf(" with %q", c.Inputs)
	}
	return text
}

func show(t *testing.T, v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
