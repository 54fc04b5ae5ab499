package gotmpl

import (
	"strings"
	"testing"
	"time"
)

// FuzzRender looks for texts on which the engine panics or never ends; what it
// says of a wrong one must not depend on its being read twice.
func FuzzRender(f *testing.F) {
	for _, s := range []string{
		"{{ build_name }}", "{{ isotime `2006` }}", "{{ split `a-b` `-` 1 }}", "{{ .X }}", "{{", "{{ nope }}",
		"{{ if true }}y{{ end }}", "{{ range .X }}{{ end }}", "{{ replace `a` `b` -1 `c` }}", "{{ strftime `%Y` }}",
		"{{ range 3 }}{{ printf `%05d` . }}{{ break }}{{ else }}{{ end }}", "{{ define `x` }}{{ template `x` }}{{ end }}{{ template `x` }}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		hung := time.AfterFunc(5*time.Minute, func() { panic("it takes too long") })
		defer hung.Stop()
		out, err := Render(text, map[string]string{"Name": "n"}, Funcs{BuildName: "b", Vars: map[string]string{"ID": "i"}})
		if err == nil && !strings.Contains(text, "{{") && out != text {
			t.Errorf("%q became %q", text, out)
		}
		if err != nil && err.Error() == "" {
			t.Errorf("%q fails without a reason", text)
		}
	})
}
