package gotmpl

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func env() Funcs {
	return Funcs{
		BuildName: "debian", BuildType: "qemu", TemplateDir: "images",
		Start: time.Date(2026, 3, 1, 14, 5, 9, 0, time.UTC),
	}
}

func TestRender(t *testing.T) {
	type late struct{ Path, Vars string }
	withVars := env()
	withVars.Vars = map[string]string{"ID": "VM"}
	cases := []struct {
		name, text string
		data       any
		env        Funcs
		want, fail string
	}{
		{name: "no template is untouched", text: "a } b ${c}", want: "a } b ${c}"},
		{name: "build", text: "{{ build_type }}.{{build_name}} in {{ template_dir }}", want: "qemu.debian in images"},
		{name: "dot", text: "{{ .Vars }} sh '{{ .Path }}'", data: late{"/tmp/x", "A=1"}, want: "A=1 sh '/tmp/x'"},
		{name: "map dot", text: "{{.HTTPIP}}", data: map[string]string{"HTTPIP": "10.0.2.2"}, want: "10.0.2.2"},
		{name: "timestamp", text: "{{timestamp}}", want: "1772373909"},
		{name: "isotime", text: "{{ isotime }}", want: "2026-03-01T14:05:09Z"},
		{name: "isotime with layout", text: "{{ isotime \"2006-01-02\" }}", want: "2026-03-01"},
		{name: "isotime with two layouts", text: "{{ isotime \"a\" \"b\" }}", fail: "isotime takes one layout, not 2"},
		{name: "strftime", text: "{{ strftime \"%Y%m%d-%H%M\" }}", want: "20260301-1405"},
		{name: "replace", text: "{{ replace \"a\" \"b\" 1 \"aaa\" }}", want: "baa"},
		{name: "replace_all in a pipe", text: "{{ \"a.b.c\" | replace_all \".\" \"-\" | upper }}", want: "A-B-C"},
		{name: "split", text: "{{ split \"a-b-c\" \"-\" 1 }}", want: "b"},
		{name: "split beyond", text: "{{ split \"a-b\" \"-\" 2 }}", fail: `"a-b" has no part 2, only 0 to 1`},
		{name: "clean_resource_name", text: "{{ clean_resource_name \"a:b c+d\" }}", want: "a-b c-d"},
		{name: "version", text: "{{ packer_version }}", want: "1.16.0"},
		{name: "escape", text: "docker ps --format '{{ \"{{\" }}.ID}}'", want: "docker ps --format '{{.ID}}'"},
		{name: "build value before the machine", text: "{{ build `ID` }}", want: Unknown},
		{name: "build value", text: "{{ build `ID` }}", env: withVars, want: "VM"},
		{name: "build value that is not there", text: "{{ build `AMI` }}", env: withVars, fail: `no value "AMI"`},
		{name: "build value that never is", text: "{{ build `Nope` }}", fail: `no value "Nope"; there are: ID, Host, `},
		{name: "no data", text: "{{ .ID }}", fail: `there is no value "ID" here`},
		{name: "missing key", text: "{{ .ID }}", data: map[string]string{}, fail: `there is no value "ID" here`},
		{name: "misspelled key", text: "{{ .Pth }}", data: map[string]string{"Vars": "", "Path": ""}, fail: `no value "Pth" here; there are: Path, Vars`},
		{name: "misspelled field", text: "{{ .Nme }}", data: struct{ Name string }{}, fail: `no value "Nme" here; there are: Name`},
		{name: "user", text: "{{user `x`}}", fail: "write ${var.NAME}"},
		{name: "unknown function", text: "{{ nope }}", fail: `function "nope" not defined`},
		{name: "unclosed", text: "{{ build_name", fail: "unclosed action"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.env.BuildName == "" {
				c.env = env()
			}
			got, err := Render(c.text, c.data, c.env)
			if c.fail != "" {
				if err == nil || !strings.Contains(err.Error(), c.fail) {
					t.Fatalf("got %q, %v; want an error with %q", got, err, c.fail)
				}
				return
			}
			if err != nil || got != c.want {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestRenderNow(t *testing.T) {
	got, err := Render("{{ isotime }}", nil, Funcs{})
	if err != nil {
		t.Fatal(err)
	}
	when, err := time.Parse(time.RFC3339, got)
	if err != nil || time.Since(when) > time.Minute {
		t.Errorf("isotime without a start is %s, %v; want now", got, err)
	}
}

func TestStrftime(t *testing.T) {
	at := time.Date(2026, 1, 4, 3, 4, 5, 0, time.UTC) // a Sunday
	cases := []struct{ layout, want string }{
		{"%F %T", "2026-01-04 03:04:05"},
		{"%A %a %B %b", "Sunday Sun January Jan"},
		{"%d|%e|%j", "04| 4|004"},
		{"%I %p", "03 AM"},
		{"%u %w", "7 0"},
		{"%U %W %V %G", "01 00 01 2026"},
		{"%C%y", "2026"},
		{"%s", "1767495845"},
		{"100%% %", "100% %"},
		{"%Q", "%Q"},
		{"a%nb%tc", "a\nb\tc"},
	}
	for _, c := range cases {
		if got := Strftime(c.layout, at); got != c.want {
			t.Errorf("Strftime(%q) = %q; want %q", c.layout, got, c.want)
		}
	}
}

// TestBounds renders what would never end, or take all memory.
func TestBounds(t *testing.T) {
	var calls strings.Builder
	for i := range 40 {
		fmt.Fprintf(&calls, "{{define `t%d`}}{{template `t%d`}}{{template `t%[2]d`}}{{end}}", i, i+1)
	}
	calls.WriteString("{{define `t40`}}{{end}}{{template `t0`}}")
	for _, c := range []struct{ name, text, want string }{
		{"a loop", "{{range 5}}x{{end}}", ""},
		{"a long loop", "{{range 1000000000000}}{{end}}", "steps"},
		{"loops in loops", "{{range 1000}}{{range 1000}}{{range 1000}}{{end}}{{end}}{{end}}", "steps"},
		{"a long body", "{{range 1000}}" + strings.Repeat("{{if true}}x{{end}}", 400) + "{{end}}", "steps"},
		{"templates that call others", calls.String(), "steps"},
		{"text that doubles", "{{$x := `aa`}}{{range 50}}{{$x = print $x $x}}{{end}}", "steps"},
		{"text that is replaced", "{{$x := printf `%010000d` 0}}{{$x = replace_all `0` $x $x}}{{replace `0` $x -1 $x}}", "16 MiB"},
		{"a replacement", "{{replace `a` `b` 1 `aa`}}", ""},
		{"a width", "{{printf `%1000000d` 1}}", "a width of 1000000"},
		{"a width given", "{{printf `%*d` 1000000 1}}", "a width of 1000000"},
		{"one argument again and again", "{{$x := printf `%010000d` 0}}{{printf `" + strings.Repeat("%[1]s", 2000) + "` $x}}", "16 MiB"},
		{"output", "{{$x := printf `%010000d` 0}}{{range 10000}}{{$x}}{{end}}", "16 MiB"},
		{"actions", strings.Repeat("{{if true}}", 20_000), "more than 10000 actions"},
		{"the name of what counts", "{{spend 1}}", "not defined"},
	} {
		_, err := Render(c.text, nil, Funcs{})
		if err == nil && c.want != "" || err != nil && (c.want == "" || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v; want %q", c.name, err, c.want)
		}
	}
}
