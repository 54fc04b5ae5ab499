package templates

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"golang.org/x/tools/txtar"

	"github.com/ovenbird-io/ovenbird/internal/legacy"
)

// TestLegacy runs testdata/legacy/*.txtar, written like those of TestLoad with
// the legacy template a.json. The file "hcl" is what it becomes, and "want" what
// Load says of the JSON; the HCL has to give the same builds, unless a line "json
// only" says that values are given as HCL cannot take them.
func TestLegacy(t *testing.T) {
	archives, err := filepath.Glob("testdata/legacy/*.txtar")
	if err != nil || len(archives) < 25 {
		t.Fatalf("%d cases: %v", len(archives), err)
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
			want, in := map[string]string{}, []txtar.File{}
			for _, f := range archive.Files {
				if f.Name == "hcl" || f.Name == "want" {
					want[f.Name] = string(f.Data)
				} else {
					in = append(in, f)
				}
			}
			text, verdict := legacyCase(t, string(archive.Comment), in)
			if *update {
				archive.Files = append(in, txtar.File{Name: "hcl", Data: []byte(text)}, txtar.File{Name: "want", Data: []byte(verdict)})
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if text != want["hcl"] || verdict != want["want"] {
				t.Errorf("got:\n%s\n%s\nwant:\n%s\n%s", text, verdict, want["hcl"], want["want"])
			}
		})
	}
}

func legacyCase(t *testing.T, script string, in []txtar.File) (text, verdict string) {
	verdict = load(t, script+"\npath a.json\n", in)
	src, diags := legacy.Upgrade("a.json", in[0].Data, components().Shapes, false)
	if diags.HasErrors() {
		if strings.HasPrefix(verdict, "build ") {
			t.Errorf("it loads, but cannot be rewritten: %s", diags)
		}
		return "", verdict
	}
	if strings.Contains(script, "\njson only\n") {
		return string(src), verdict
	}
	again := load(t, script+"\npath b.pkr.hcl\n", append(in[1:], txtar.File{Name: "b.pkr.hcl", Data: src}))
	if builds(again) != builds(verdict) {
		t.Errorf("the HCL gives\n%s\nnot\n%s", again, verdict)
	}
	return string(src), verdict
}

// builds is a verdict without warnings, or nothing when there are errors.
func builds(verdict string) string {
	_, list, _ := strings.Cut("\n"+verdict, "\nbuild ")
	return list
}

// TestLegacyTime loads a template that tells the time in all ways: it is that of
// the start of the run everywhere.
func TestLegacyTime(t *testing.T) {
	const clock = "{{timestamp}} {{isotime}} {{isotime `150405`}} {{strftime `%H`}} {{isotime | clean_resource_name}} {{- timestamp -}}"
	text := `{"variables": {"v": "` + clock + `", "w": ""}, "builders": [{"type": "fake", "image": "` + clock + `", "tags": {"v": "{{user ` + "`v`" +
		`}}", "w": "{{user ` + "`w`" + `}}"}}]}`
	t.Chdir(t.TempDir())
	if err := os.WriteFile("a.json", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	plan, diags := Load(t.Context(), "a.json", components(), Options{Vars: []string{"w=" + clock}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	b := plan.Builds[0].Builder.(*fakeBuilder)
	unix, _, _ := strings.Cut(b.Image, " ")
	seconds, err := strconv.ParseInt(unix, 10, 64)
	if err != nil || b.Tags["v"] != b.Image || b.Tags["w"] != b.Image {
		t.Fatalf("%q, %v", b.Image, b.Tags)
	}
	start := time.Unix(seconds, 0).UTC()
	iso := start.Format(time.RFC3339)
	if want := fmt.Sprintf("%s %s %s %s %s%s", unix, iso, start.Format("150405"), start.Format("15"), strings.ReplaceAll(iso, ":", "-"), unix); b.Image != want {
		t.Errorf("got %q, want %q", b.Image, want)
	}
}

// TestLegacyPlaces loads JSON whose every problem is found late, when only HCL
// is left of it.
func TestLegacyPlaces(t *testing.T) {
	text := `{
  "variables": {
    "need": null
  },
  "builders": [
    {
      "type": "fake",
      "image": "bad",
      "disk": [{"size": "1"},
               {"sise": "2"}]
    }
  ],
  "provisioners": [{"type": "shell",
    "inline": ["x"],
    "env": ["y"]}],
  "post-processors": ["compres"]
}`
	t.Chdir(t.TempDir())
	if err := os.WriteFile("a.json", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	plan, diags := Load(t.Context(), "a.json", components(), Options{})
	lines := map[int]string{}
	for _, d := range diags {
		if d.Subject == nil || d.Subject.Filename != "a.json" || !d.Subject.CanSliceBytes(plan.Files["a.json"].Bytes) {
			t.Fatalf("%s: %v", d, d.Subject)
		}
		lines[d.Subject.Start.Line] += string(d.Subject.SliceBytes(plan.Files["a.json"].Bytes)) + ";"
	}
	for line, want := range map[int]string{3: `"need"`, 8: `"bad"`, 10: `"sise"`, 15: `["y"]`, 16: `"compres"`} {
		if !strings.Contains(lines[line], want) {
			t.Errorf("line %d: got %q, want %q", line, lines[line], want)
		}
	}
	var out bytes.Buffer
	if err := hcl.NewDiagnosticTextWriter(&out, plan.Files, 78, false).WriteDiagnostics(diags); err != nil {
		t.Fatal(err)
	}
}
