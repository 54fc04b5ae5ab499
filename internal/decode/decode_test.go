package decode

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/option"
)

type flat struct {
	User string        `hcl:"ssh_username,optional" json:",omitempty"`
	Wait time.Duration `hcl:"ssh_timeout,optional" json:",omitempty"`
}

type part struct {
	Label string   `hcl:"label,label" json:",omitempty"`
	Size  string   `hcl:"size"`
	Tags  []string `hcl:"tags,optional" json:",omitempty"`
}

type rule struct {
	From int    `hcl:"from,optional"`
	Name string `hcl:"name,optional"`
}

type options struct {
	Flat    flat              `hcl:",remain"`
	Text    string            `hcl:"text,optional" json:",omitempty"`
	Late    string            `hcl:"late,optional" template:"late" json:",omitempty"`
	Number  int               `hcl:"number,optional"`
	Small   uint8             `hcl:"small,optional" json:",omitempty"`
	Ratio   float64           `hcl:"ratio,optional" json:",omitempty"`
	On      bool              `hcl:"on,optional" json:",omitempty"`
	Maybe   *bool             `hcl:"maybe,optional" json:",omitempty"`
	List    []string          `hcl:"list,optional" json:",omitempty"`
	Pairs   [][]string        `hcl:"pairs,optional" json:",omitempty"`
	Ports   []int             `hcl:"ports,optional" json:",omitempty"`
	Map     map[string]string `hcl:"map,optional" json:",omitempty"`
	Any     any               `hcl:"any,optional" json:",omitempty"`
	Rules   []rule            `hcl:"rules,optional" json:",omitempty"`
	Seal    *part             `hcl:"seal,block" json:",omitempty"`
	Disks   []part            `hcl:"disk,block" json:",omitempty"`
	Runtime string            `json:",omitempty"`
}

func (o *options) Deferred() map[string]string {
	return map[string]string{"vnc": "There is no screen yet.", "seal.mode": "It comes later."}
}

func (o *options) Validate() error {
	var errs []error
	if o.Number == 13 {
		errs = append(errs, option.Bad("number", "13 is unlucky."))
	}
	if o.Text == "bad" {
		errs = append(errs, option.Bad("text", "It is bad."), option.Bad("", "So is all else."))
	}
	if _, err := gotmpl.Render(o.Late, map[string]any{"Path": ""}, gotmpl.Funcs{}); err != nil {
		errs = append(errs, option.Bad("late", "%s.", err))
	}
	if o.Text == "soon" {
		errs = append(errs, option.Later("text", "It comes soon."))
	}
	if o.Text == gotmpl.Unknown {
		errs = append(errs, option.Bad("text", "Validate saw a value that is not known yet."))
	}
	if o.Seal != nil && o.Seal.Size == "bad" {
		errs = append(errs, option.Bad("seal.size", "It is bad."), option.Bad("seal.tags", "They are missing."))
	}
	return errors.Join(errs...)
}

func (o *options) Warnings() []string {
	switch o.Text {
	case "odd":
		return []string{"text is odd. Few people write that."}
	case "short":
		return []string{"text is short."}
	}
	return nil
}

func run(t *testing.T, text string, target any) (Ranges, []string) {
	t.Helper()
	f, diags := hclsyntax.ParseConfig([]byte(text), "x.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	ctx := &hcl.EvalContext{Variables: map[string]cty.Value{
		"later": cty.UnknownVal(cty.String), "secret": cty.StringVal("s").Mark("sensitive"),
	}}
	set, diags := Component(Source{
		Bodies: []hcl.Body{f.Body}, Block: hcl.Range{Filename: "block"}, Names: []string{"pause_before"},
		Eval:  func(e hcl.Expression) (cty.Value, hcl.Diagnostics) { return e.Value(ctx) },
		Text:  gotmpl.Funcs{BuildName: "debian"},
		Files: map[string]*hcl.File{"x.hcl": f},
	}, target)
	var said []string
	for _, d := range diags {
		said = append(said, fmt.Sprintf("%s: %s: %s", d.Subject, d.Summary, d.Detail))
	}
	return set, said
}

func TestValues(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"nothing keeps defaults", ``, `{"Flat":{},"Number":7}`},
		{"null is unset", `number = null`, `{"Flat":{},"Number":7}`},
		{"embedded options", `ssh_username = "root"`, `{"Flat":{"User":"root"},"Number":7}`},
		{"duration", `ssh_timeout = "1m30s"`, `{"Flat":{"Wait":90000000000},"Number":7}`},
		{"duration of nothing", `ssh_timeout = 0`, `{"Flat":{},"Number":7}`},
		{"template", `text = "{{ build_name }}.img"`, `{"Flat":{},"Text":"debian.img","Number":7}`},
		{"late template", `late = "{{ .Path }}"`, `{"Flat":{},"Late":"{{ .Path }}","Number":7}`},
		{"number from text", `number = "42"`, `{"Flat":{},"Number":42}`},
		{"number from template", `number = "{{ split \"a-5\" \"-\" 1 }}"`, `{"Flat":{},"Number":5}`},
		{"number from bool", `number = true`, `{"Flat":{},"Number":1}`},
		{"text from number", `text = 1.50`, `{"Flat":{},"Text":"1.5","Number":7}`},
		{"text from bool", `text = true`, `{"Flat":{},"Text":"true","Number":7}`},
		{"float", `ratio = 1.25`, `{"Flat":{},"Number":7,"Ratio":1.25}`},
		{"unsigned", `small = 255`, `{"Flat":{},"Number":7,"Small":255}`},
		{"bool from text", `on = "true"`, `{"Flat":{},"Number":7,"On":true}`},
		{"bool from number", `on = 1`, `{"Flat":{},"Number":7,"On":true}`},
		{"bool that is set to false", `maybe = false`, `{"Flat":{},"Number":7,"Maybe":false}`},
		{"list of many kinds", `list = ["-m", 512, true]`, `{"Flat":{},"Number":7,"List":["-m","512","true"]}`},
		{"lists in a list", `pairs = [["-m", 512], ["{{ build_name }}"]]`, `{"Flat":{},"Number":7,"Pairs":[["-m","512"],["debian"]]}`},
		{"map", `map = { a = 1, b = "{{ build_name }}", c = null }`, `{"Flat":{},"Number":7,"Map":{"a":"1","b":"debian"}}`},
		{"anything", `any = { a = [1, 1.5, "x", true], b = {} }`, `{"Flat":{},"Number":7,"Any":{"a":[1,1.5,"x",true],"b":{}}}`},
		{"structs from objects", `rules = [{ from = "1" }, { name = "x" }]`, `{"Flat":{},"Number":7,"Rules":[{"From":1,"Name":""},{"From":0,"Name":"x"}]}`},
		{"a marked value", `text = secret`, `{"Flat":{},"Text":"s","Number":7}`},
		{"an unknown text", `text = "x-${later}"`, `{"Flat":{},"Text":"\u003cunknown\u003e","Number":7}`},
		{"an unknown number", `number = later`, `{"Flat":{},"Number":7}`},
		{"an unknown in a list", `list = ["a", later]`, `{"Flat":{},"Number":7,"List":["a","\u003cunknown\u003e"]}`},
		{
			"blocks", "disk \"a\" {\n size = \"1G\"\n}\ndisk \"b\" {\n size = 2\n tags = [\"x\"]\n}",
			`{"Flat":{},"Number":7,"Disks":[{"Label":"a","Size":"1G"},{"Label":"b","Size":"2","Tags":["x"]}]}`,
		},
		{"one block", "seal \"a\" {\n size = \"1G\"\n}", `{"Flat":{},"Number":7,"Seal":{"Label":"a","Size":"1G"}}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o := &options{Number: 7}
			if _, said := run(t, c.text, o); said != nil {
				t.Fatalf("it said %q", said)
			}
			got, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestBlockKeepsItsDefaults(t *testing.T) {
	o := &options{Seal: &part{Tags: []string{"kept"}}}
	if _, said := run(t, "seal \"a\" {\n size = 1\n}", o); said != nil {
		t.Fatalf("it said %q", said)
	}
	if len(o.Seal.Tags) != 1 || o.Seal.Size != "1" {
		t.Errorf("the block is %+v; want its tags kept and its size set", o.Seal)
	}
}

func TestProblems(t *testing.T) {
	cases := []struct {
		name, text string
		want       []string
	}{
		{"unknown argument", `numbr = 1`, []string{`x.hcl:1,1-6: Unsupported argument: There is no argument "numbr" here. Did you mean "number"?`}},
		{"unknown argument like a meta one", `pause_bfore = 1`, []string{`Did you mean "pause_before"?`}},
		{"unknown block", "dick \"a\" {}", []string{`x.hcl:1,1-5: Unsupported block type: There is no block type "dick" here. Did you mean "disk"?`}},
		{"block for an argument", "map {}", []string{`Did you mean to define argument "map"? If so, use the equals sign`}},
		{"argument for a block", "disk = []", []string{`Write disk as a block, without the equals sign: disk { ... }`}},
		{"deferred", `vnc = true`, []string{`x.hcl:1,1-4: vnc is not supported yet: There is no screen yet.`}},
		{"deferred, but not wanted", "vnc = false\nseal \"a\" {\n size = 1\n mode = null\n}", nil},
		{"deferred, but empty", `vnc = ""`, nil},
		{"deferred, but nothing", `vnc = {}`, nil},
		{"deferred and not known", `vnc = later`, []string{`vnc is not supported yet`}},
		{"deferred and wrong", `vnc = nobody`, []string{`Unknown variable`}},
		{"deferred block", `vnc {}`, []string{`vnc is not supported yet`}},
		{"deferred in a block", "seal \"a\" {\n size = 1\n mode = 2\n}", []string{`x.hcl:3,2-6: mode is not supported yet: It comes later.`}},
		{"missing", `disk "a" {}`, []string{`x.hcl:1,10-10: Missing required argument: The argument "size" is required, but is not set.`}},
		{"misspelled is not missing, too", "disk \"a\" {\n sice = 1\n}", []string{`Did you mean "size"?`}},
		{"two blocks of one", "seal \"a\" {\n size = 1\n}\nseal \"b\" {\n size = 1\n}", []string{`x.hcl:4,1-9: Duplicate seal block: Only one seal block is allowed; there is one at x.hcl:1,1-9.`}},
		{"no duration", `ssh_timeout = "5"`, []string{`x.hcl:1,15-18: Unsuitable value for "ssh_timeout": "5" is no duration; write a number and a unit`}},
		{"duration from a list", `ssh_timeout = []`, []string{`A duration such as "5m" is needed, not a tuple.`}},
		{"no number", `number = "x"`, []string{`A number is needed, not "x".`}},
		{"number from a map", `number = {}`, []string{`A number is needed, not an object.`}},
		{"fraction", `number = 1.5`, []string{`A whole number is needed, not 1.5.`}},
		{"too large", `small = 256`, []string{`256 is too large.`}},
		{"negative", `small = -1`, []string{`-1 is negative.`}},
		{"no bool", `on = "perhaps"`, []string{`True or false is needed, not "perhaps".`}},
		{"no text", `text = []`, []string{`A string is needed, not a tuple.`}},
		{"no list", `list = "x"`, []string{`A list is needed, not "x"; write it in brackets: [ ... ].`}},
		{"no map", `map = "x"`, []string{`A map is needed, not "x"; write it in braces: { name = value }.`}},
		{"null in a list", `list = ["a", null]`, []string{`Element [1] is null; leave it out.`}},
		{"wrong elements", `ports = ["a", 1, 2.5]`, []string{"Element [0]: a number is needed, not \"a\"\nelement [2]: a whole number is needed, not 2.5."}},
		{"wrong struct", `rules = [{ form = 1 }]`, []string{`Element [0]: "form" is not expected here.`}},
		{"bad template", `text = "{{ .ID }}"`, []string{`there is no value "ID" here`}},
		{"bad expression", `text = nobody`, []string{`x.hcl:1,8-14: Unknown variable`}},
		{"validation", `number = 13`, []string{`x.hcl:1,1-12: Invalid number: 13 is unlucky.`}},
		{"validation of no option", `text = "bad"`, []string{`x.hcl:1,1-13: Invalid text: It is bad.`, `block:0,0-0: Invalid options: So is all else.`}},
		{"validation of what comes later", `text = "soon"`, []string{`x.hcl:1,1-14: text is not supported yet: It comes soon.`}},
		{"validation in a block", "seal \"a\" {\n size = \"bad\"\n}", []string{`x.hcl:2,2-14: Invalid seal.size: It is bad.`, `x.hcl:1,1-9: Invalid seal.tags: They are missing.`}},
		{"validation of an unsuitable value", "text = \"bad\"\nnumber = []", []string{`Unsuitable value for "number"`, `Invalid text`}},
		{"warning of a sentence", `text = "short"`, []string{`block:0,0-0: text is short: `}},
		{"warning", `text = "odd"`, []string{`block:0,0-0: text is odd: text is odd. Few people write that.`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, said := run(t, c.text, &options{})
			if len(said) != len(c.want) {
				t.Fatalf("got %q; want %q", said, c.want)
			}
			for i := range said {
				if !strings.Contains(said[i], c.want[i]) || strings.HasSuffix(c.want[i], ": ") && said[i] != c.want[i] {
					t.Errorf("got %q; want it to have %q", said[i], c.want[i])
				}
			}
		})
	}
}

func TestRanges(t *testing.T) {
	set, said := run(t, "text = \"x\"\nseal \"a\" {\n  size = 1\n}\n", &options{})
	if said != nil {
		t.Fatalf("it said %q", said)
	}
	for name, want := range map[string]string{"text": "x.hcl:1,1-11", "seal": "x.hcl:2,1-9", "seal.size": "x.hcl:3,3-11"} {
		if got := set[name].String(); got != want {
			t.Errorf("%s was set at %s; want %s", name, got, want)
		}
	}
}

func TestPart(t *testing.T) {
	f, diags := hclsyntax.ParseConfig([]byte("from = 3\nother = 1"), "x.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	src := Source{Eval: func(e hcl.Expression) (cty.Value, hcl.Diagnostics) { return e.Value(nil) }}
	r := rule{Name: "kept"}
	rest, set, diags := Part(src, f.Body, &r)
	if diags.HasErrors() || r != (rule{3, "kept"}) || len(set) != 1 {
		t.Errorf("got %+v, set at %v, %v", r, set, diags)
	}
	if left, _ := rest.JustAttributes(); len(left) != 1 || left["other"] == nil {
		t.Errorf("%v is left; want other alone", left)
	}
}

func TestSuggest(t *testing.T) {
	names := []string{"memory", "cpus", "format"}
	for given, want := range map[string]string{
		"memry": ` Did you mean "memory"?`, "cpu": ` Did you mean "cpus"?`, "x": "", "headless": "", "format": "", "cups": ` Did you mean "cpus"?`, "cpua": ` Did you mean "cpus"?`,
		"caps": "",
	} {
		if got := Suggest(given, names); got != want {
			t.Errorf("Suggest(%q) = %q; want %q", given, got, want)
		}
	}
}
