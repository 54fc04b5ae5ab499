package templates

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// fakeUpload names its files, unless it is told not to.
type fakeUpload struct {
	Source string `hcl:"source,optional"`
	Text   string `hcl:"text,optional"`
	Late   string `hcl:"late,optional" template:"late"`
	Port   int    `hcl:"port,optional"`
	Back   bool   `hcl:"back,optional"`
}

func (f *fakeUpload) Provision(context.Context, guest.Guest, *ui.UI) error { return nil }

func (f *fakeUpload) Inputs() ([]string, error) {
	if f.Back {
		return nil, stepkey.Unnamed("it comes back")
	}
	if f.Source == "" {
		return nil, nil
	}
	return []string{f.Source}, nil
}

// plan loads a template in the working directory with these steps in its build.
func planOf(t *testing.T, steps, runID string) *Build {
	t.Helper()
	text := "variable \"password\" {\n  default = \"hunter2\"\n  sensitive = true\n}\n" +
		"source \"fake\" \"a\" { image = \"i\" }\nbuild {\n  sources = [\"fake.a\"]\n" + steps + "\n}\n"
	if err := os.WriteFile("a.pkr.hcl", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	all := components()
	all.Provisioners["upload"] = func(provisioners.Env) provisioners.Provisioner { return &fakeUpload{} }
	plan, diags := Load(t.Context(), "a.pkr.hcl", all, Options{Env: builders.Env{RunID: runID}})
	if diags.HasErrors() || len(plan.Builds) != 1 {
		t.Fatal(diags)
	}
	return plan.Builds[0]
}

func TestFacts(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"scripts/a", "scripts/deep/b", "setup.sh"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Mkdir("linked", 0o755), os.Symlink("../scripts", "linked/s"), os.Symlink("nowhere", "linked/n")); err != nil {
		t.Fatal(err)
	}
	h := stepkey.NewHider([]string{"hunter2"}, []byte("key"))
	for _, c := range []struct{ name, step, want string }{
		{"options", `provisioner "upload" { text = "a" }`, `option text="a"`},
		{"what is in none", "provisioner \"upload\" {\n name = \"n\"\n timeout = \"1m\"\n pause_before = \"1s\"\n max_retries = 2\n}", ""},
		{"an override", `provisioner "upload" { override = { a = { text = "b" } } }`, `option text="b"`},
		{"values of a machine", `provisioner "upload" { text = "${build.Host}:${build.Port} ${build.PackerRunUUID} ${build.name}" }`, `option text="<build.Host>:0  a"|expression="${build.Host}:${build.Port} ${build.PackerRunUUID} ${build.name}"`},
		{"made of such a value", `provisioner "upload" { text = split("-", build.Host)[1] }`, "unnamed: its options depend on what only the running build knows"},
		{"in Go's templates", "provisioner \"upload\" { text = \"{{ build `ID` }}\" }", `option text="<build.ID>"`},
		{"rendered later", `provisioner "upload" { late = "{{ .Path }}" }`, `option late="{{ .Path }}"`},
		{"the port as a number", `provisioner "upload" { port = build.Port }`, ""},
		{"a secret", `provisioner "upload" { text = "p=${var.password}" }`, `option text="p=` + h.Hide("hunter2") + `"`},
		{"a file", `provisioner "upload" { source = "setup.sh" }`, `option source="setup.sh"|file setup.sh`},
		{"a missing file", `provisioner "upload" { source = "none" }`, "error: reading what a step depends on: stat none: no such file or directory"},
		{"more files", `provisioner "upload" {` + "\n" + `cache { inputs = ["*.sh", "scripts"] }` + "\n}", "file setup.sh|folder scripts"},
		{"once", `provisioner "upload" {` + "\n source = \"setup.sh\"\n cache { inputs = [\"setup.*\"] }\n}", `option source="setup.sh"|file setup.sh`},
		{"all below", `provisioner "upload" {` + "\n" + `cache { inputs = ["scripts/**/*.yml"] }` + "\n}", "folder scripts"},
		{"links below", `provisioner "upload" {` + "\n" + `cache { inputs = ["linked"] }` + "\n}", "folder linked|folder linked/s"},
		{"all there is", `provisioner "upload" {` + "\n" + `cache { inputs = ["**"] }` + "\n}", "folder .|folder linked/s"},
		{"a beginning", `provisioner "upload" {` + "\n" + `cache { inputs = ["scr**"] }` + "\n}", "folder scripts"},
		{"nothing there", `provisioner "upload" {` + "\n" + `cache { inputs = ["rolls/*"] }` + "\n}", "unnamed: there is no rolls/*, of its cache.inputs"},
		{"off", `provisioner "upload" { cache = false }`, "unnamed: cache = false"},
		{"it cannot tell", `provisioner "upload" { back = true }`, "unnamed: it comes back"},
		{"told for it", "provisioner \"upload\" {\n back = true\n cache { inputs = [\"setup.sh\"] }\n}", `option back=true|file setup.sh`},
		{"it never tells", `provisioner "shell" { inline = ["a"] }`, "unnamed: it does not say what it depends on; cache { inputs = [...] } can"},
		{"a shell told for", "provisioner \"shell\" {\n inline = [\"a\"]\n cache { inputs = [\"setup.sh\"] }\n}", `option inline=["a"]|option execute_command="sh {{ .Path }}"|file setup.sh`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := planOf(t, c.step, "run-1").Provisioners[0]
			facts, err := s.Facts(h)
			if got := told(facts, err, "provisioner="+s.Type+"|source=fake.a"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			again, _ := planOf(t, c.step, "run-2").Provisioners[0].Facts(h)
			if stepkey.Of("", facts) != stepkey.Of("", again) {
				t.Errorf("another run has other facts: %q", stepkey.Explain(facts, again))
			}
		})
	}
}

// told writes facts in one line, without the first ones and without digests.
func told(facts []stepkey.Fact, err error, first string) string {
	switch {
	case errors.Is(err, stepkey.ErrUnnamed):
		return "unnamed: " + err.Error()
	case err != nil:
		return "error: " + err.Error()
	}
	var all []string
	for _, f := range facts {
		if strings.HasPrefix(f.Value, "sha256:") {
			all = append(all, f.Name)
		} else {
			all = append(all, f.Name+"="+f.Value)
		}
	}
	text := strings.Join(all, "|")
	return strings.TrimPrefix(strings.TrimPrefix(text, first), "|")
}

func TestPostFacts(t *testing.T) {
	t.Chdir(t.TempDir())
	b := planOf(t, "post-processor \"manifest\" {\n name = \"n\"\n keep_input_artifact = true\n custom_data = { h = build.Host }\n}", "run-1")
	facts, err := b.PostProcessors[0][0].Facts(stepkey.Hider{})
	want := `option output="manifest.json"|option custom_data={"h":"<build.Host>"}|expression={ h = build.Host }`
	if got := told(facts, err, "post-processor=manifest|source=fake.a"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestFactsOfConditions has two steps that come out the same with placeholders
// for build.*, but not when the build runs.
func TestFactsOfConditions(t *testing.T) {
	t.Chdir(t.TempDir())
	key := func(text string) string {
		facts, err := planOf(t, "provisioner \"upload\" { text = "+text+" }", "").Provisioners[0].Facts(stepkey.Hider{})
		if err != nil {
			t.Fatal(err)
		}
		return stepkey.Of("", facts)
	}
	first := key(`build.Host == "10.0.0.1" ? "a" : "b"`)
	for _, other := range []string{`build.Host == "10.0.0.2" ? "a" : "b"`, `"b"`} {
		if key(other) == first {
			t.Errorf("%s has the same key", other)
		}
	}
	if key(`build.Host == "10.0.0.1" ? "a" : "b"`) != first {
		t.Error("the same text has another key")
	}
}
