package upgrade

import (
	"flag"
	"os"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	const src = `{"builders": [{"type": "t", "x": "{{timestamp}}"}]}`
	for _, c := range []struct {
		name, flags, path, stdin string
		writes, prints           bool
		fails                    string
	}{
		{"beside", "", "a.json", "", true, false, ""},
		{"there already", "", "there.json", "", false, false, "exists already"},
		{"forced", "-force", "there.json", "", true, false, ""},
		{"named", "-output-file new.pkr.hcl", "a.json", "", true, false, ""},
		{"named and there already", "-output-file there.json.pkr.hcl", "a.json", "", false, false, "-force replaces it"},
		{"named and forced", "-output-file there.json.pkr.hcl -force", "a.json", "", true, false, ""},
		{"a device", "-output-file /dev/null", "a.json", "", false, false, ""},
		{"a folder", "-output-file .", "a.json", "", false, false, "cannot be written"},
		{"a folder, forced", "-force -output-file .", "a.json", "", false, false, "cannot be written"},
		{"in HCL already", "", "a.pkr.hcl", "", false, false, "nothing to rewrite"},
		{"no folder", "-output-file no/x", "a.json", "", false, false, "cannot be written"},
		{"printed", "-output-file -", "a.json", "", false, true, ""},
		{"from stdin", "", "-", src, false, true, ""},
		{"nothing", "", "none.json", "", false, false, "cannot be read"},
		{"no template", "", "-", "[]", false, false, "Not a template"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for name, text := range map[string]string{"a.json": src, "there.json": src, "there.json.pkr.hcl": "old"} {
				if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			o, fs := &Options{}, flag.NewFlagSet("", flag.ContinueOnError)
			o.Flags(fs)
			if err := fs.Parse(strings.Fields(c.flags)); err != nil {
				t.Fatal(err)
			}
			r := o.Run(c.path, strings.NewReader(c.stdin), nil)
			if r.Diags.HasErrors() != (c.fails != "") || !strings.Contains(r.Diags.Error(), c.fails) {
				t.Fatal(r.Diags)
			}
			if (r.Text != "") != c.prints {
				t.Errorf("printed %q", r.Text)
			}
			if text, err := os.ReadFile(r.Name); c.writes && (err != nil || !strings.Contains(string(text), `source "t" "t"`)) {
				t.Errorf("written %q, %v", text, err)
			}
			if old, err := os.ReadFile("there.json.pkr.hcl"); !c.writes && (err != nil || string(old) != "old") {
				t.Errorf("it is %q, %v", old, err)
			}
		})
	}
}

// TestResult looks at what only the caller shows.
func TestResult(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("a.json", []byte("{\"builders\": [{\"type\": \"t\", \"x\": \"{{user `v`}}\"}]}"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := (&Options{annotated: true}).Run("a.json", nil, nil)
	if r.Name != "a.json.pkr.hcl" || r.Text != "" || r.Files["a.json"] == nil {
		t.Errorf("%+v", r)
	}
	if len(r.Diags) != 1 || !r.Diags[0].Subject.CanSliceBytes(r.Files["a.json"].Bytes) {
		t.Errorf("a variable that is not declared: %v", r.Diags)
	}
	text, err := os.ReadFile(r.Name)
	if err != nil || !strings.Contains(string(text), "# ") || !strings.Contains(string(text), `variable "v"`) {
		t.Errorf("%s, %v", text, err)
	}
}
