package given

import (
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name, first, second, args string // arguments between bars
		want, problems            string
	}{
		{"nothing", "{}", "{}", "", "", ""},
		{"files, then arguments", `{"a": "1"}`, `{"a": "2"}`, "a=3", "a=1 a=2 a=3", ""},
		{"arguments in order", "{}", "{}", "b=1|a=2|b=3", "b=1 a=2 b=3", ""},
		{"an equals sign in a value", "{}", "{}", "a=b=c", "a=b=c", ""},
		{"names of any kind", `{"my var": "1"}`, `{"": "2"}`, "a.b=3|=4", "my var=1 =2 a.b=3 =4", ""},
		{"blanks count", "{}", "{}", " a = b ", " a = b ", ""},
		{"a mark at the start", "\xef\xbb\xbf" + `{"a": "1"}`, "{}", "", "a=1", ""},
		{"values that are no strings", `{"a": 5.50, "b": true, "c": null}`, "{}", "", "a=5.50 b=true c=", ""},
		{"a name twice", "{\"a\": \"1\",\n \"a\": \"2\"}", "{}", "", "a=1 a=2", "warning first:2,2-5 Duplicate key"},
		{"a list", `{"a": ["1"], "b": "2"}`, "{}", "", "b=2", `error first:1,7-12 Unsuitable value for variable "a"`},
		{"an object", `{"a": {"b": "2"}}`, `{"a": "3"}`, "", "a=3", `error first:1,7-17 Unsuitable value for variable "a"`},
		{"a list for all", `["a"]`, "{}", "", "", "error first:1,1-6 Unsuitable variable file"},
		{"two that are none", `5`, `"x"`, "", "", "error first:1,1-2 Unsuitable variable file; error second:1,1-4 Unsuitable variable file"},
		{"no JSON", `a = "b"`, "{}", "c=d", "c=d", "error first:1,1-2 Unreadable variable file"},
		{"an empty file", "", "{}", "", "", "error first:1,1-1 Unreadable variable file"},
		{"no file", "none", "{}", "", "", "error none Unreadable variable file"},
		{"no value", "{}", "{}", "a", "", "error none Invalid -var"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for name, text := range map[string]string{"first": c.first, "second": c.second} {
				if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			files := []string{"first", "second"}
			if c.first == "none" {
				files[0] = "nowhere"
			}
			var args, got, problems []string
			if c.args != "" {
				args = strings.Split(c.args, "|")
			}
			values, diags := Read(files, args)
			for _, v := range values {
				got = append(got, v.Name+"="+v.Text)
			}
			for _, d := range diags {
				problems = append(problems, describe(d))
			}
			if strings.Join(got, " ") != c.want || strings.Join(problems, "; ") != c.problems {
				t.Errorf("got %q with %q", got, problems)
			}
		})
	}
}

func describe(d *hcl.Diagnostic) string {
	severity, at := "error", "none"
	if d.Severity == hcl.DiagWarning {
		severity = "warning"
	}
	if d.Subject != nil {
		at = d.Subject.String()
	}
	return severity + " " + at + " " + d.Summary
}

// TestPlaces looks where values come from: only those of files have a place.
func TestPlaces(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("f", []byte("{\n  \"a\": \"1\"}"), 0o600); err != nil {
		t.Fatal(err)
	}
	values, diags := Read([]string{"f"}, []string{"b=2"})
	if len(diags) > 0 || len(values) != 2 || values[0].At == nil || values[0].At.String() != "f:2,3-6" || values[1].At != nil {
		t.Errorf("%+v, %v", values, diags)
	}
}
