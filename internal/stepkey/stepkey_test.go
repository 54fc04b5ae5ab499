package stepkey

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"
)

func TestOf(t *testing.T) {
	facts := func(texts ...string) []Fact {
		var all []Fact
		for i := 0; i < len(texts); i += 2 {
			all = append(all, Fact{texts[i], texts[i+1]})
		}
		return all
	}
	keys := map[string]string{}
	for _, c := range []struct {
		name, parent string
		facts        []Fact
	}{
		{"nothing", "", nil},
		{"a parent", "p", nil},
		{"an empty fact", "", facts("", "")},
		{"one fact", "", facts("a", "b")},
		{"the border moved", "", facts("ab", "")},
		{"parent and fact", "a", facts("b", "")},
		{"two facts", "", facts("a", "b", "c", "d")},
		{"another order", "", facts("c", "d", "a", "b")},
		{"joined", "", facts("a", "bcd")},
	} {
		key := Of(c.parent, c.facts)
		if len(key) != 64 || key != Of(c.parent, c.facts) {
			t.Errorf("%s: %q is no key", c.name, key)
		}
		if other, taken := keys[key]; taken {
			t.Errorf("%s has the key of %s", c.name, other)
		}
		keys[key] = c.name
	}
}

func TestHide(t *testing.T) {
	key := []byte("key")
	h := NewHider([]string{"hunter", "hunter2", "", "no", `q"<t`, "secret", "hunter2"}, key)
	one := func(s string) string { return NewHider([]string{s}, key).Hide(s) }
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"no secret", "a text", "a text"},
		{"all of it", "hunter", one("hunter")},
		{"the longest first", "x hunter2 y hunter", "x " + one("hunter2") + " y " + one("hunter")},
		{"in the placeholder", "secret", one("secret")},
		{"beside a placeholder", "hunter, secret", one("hunter") + ", " + one("secret")},
		{"short", "no", one("no")},
		{"short in a text", "nothing", "nothing"},
		{"quoted", `echo "q\"<t"`, `echo "` + one(`q"<t`) + `"`},
		{"JSON for HTML", `"q\"\u003ct"`, `"` + one(`q"<t`) + `"`},
	} {
		if got := h.Hide(c.in); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	coded := base64.StdEncoding.EncodeToString([]byte("password: hunter2 it is"))
	if got := h.Hide("data " + coded); !strings.HasPrefix(got, "<secret ") || len(got) != len("<secret >")+16 {
		t.Errorf("base64: %q", got)
	}
	if got := (Hider{}).Hide("hunter2"); got != "hunter2" {
		t.Errorf("the zero value hides: %q", got)
	}
	if NewHider([]string{"hunter"}, []byte("other")).Hide("hunter") == one("hunter") {
		t.Error("the key does not count")
	}
}

type flat struct {
	Inline []string          `hcl:"inline,optional"`
	Env    map[string]string `hcl:"env,optional"`
}

type disk struct {
	Label string `hcl:"label,label"`
	Size  string `hcl:"size"`
}

type component struct {
	flat                  // not an option by itself
	Flat   flat           `hcl:",remain"`
	Wait   time.Duration  `hcl:"wait,optional"`
	Maybe  *bool          `hcl:"maybe,optional"`
	Port   int            `hcl:"port,optional"`
	Text   string         `hcl:"text,optional"`
	Any    any            `hcl:"any,optional"`
	Value  cty.Value      `hcl:"value,optional"`
	Boxes  map[string]box `hcl:"boxes,optional"`
	Seal   *disk          `hcl:"seal,block"`
	Disks  []*disk        `hcl:"disk,block"`
	Plain  string
	hidden string `hcl:"hidden"` //nolint:unused // not exported: no option
}

type box struct {
	Name string `hcl:"name,optional"`
	Wait time.Duration
}

func TestOptions(t *testing.T) {
	h := NewHider([]string{"hunter2", "8443"}, []byte("k"))
	no := false
	for _, c := range []struct {
		name string
		in   component
		want []Fact
	}{
		{"nothing", component{hidden: "x", Plain: "y"}, nil},
		{"embedded", component{Flat: flat{Inline: []string{"a", "<b>"}}}, []Fact{{"option inline", `["a","<b>"]`}}},
		{"empty", component{Flat: flat{Inline: []string{}, Env: map[string]string{}}}, nil},
		{"sorted", component{Flat: flat{Env: map[string]string{"b": "1", "a": "2"}}}, []Fact{{"option env", `{"a":"2","b":"1"}`}}},
		{"duration", component{Wait: 90 * time.Second}, []Fact{{"option wait", `"1m30s"`}}},
		{"set to false", component{Maybe: &no}, []Fact{{"option maybe", "false"}}},
		{"number", component{Port: 80}, []Fact{{"option port", "80"}}},
		{"secret number", component{Port: 8443}, []Fact{{"option port", `"` + h.Hide("8443") + `"`}}},
		{"secret", component{Text: "x hunter2"}, []Fact{{"option text", `"x ` + h.Hide("hunter2") + `"`}}},
		{"any", component{Any: map[string]any{"a": []any{int64(1), "hunter2", nil}}}, []Fact{{"option any", `{"a":[1,"` + h.Hide("hunter2") + `",null]}`}}},
		{"cty", component{Value: cty.ObjectVal(map[string]cty.Value{"n": cty.NumberIntVal(7), "z": cty.NullVal(cty.String)})}, []Fact{{"option value", `{"n":7,"z":null}`}}},
		{"structs", component{Boxes: map[string]box{"v": {Name: "n", Wait: 5}}}, []Fact{{"option boxes", `{"v":{"name":"n"}}`}}},
		{"empty block", component{Seal: &disk{}}, []Fact{{"option seal", "{}"}}},
		{"blocks", component{Seal: &disk{Size: "1"}, Disks: []*disk{{Label: "l", Size: "2"}, {}}}, []Fact{
			{"option seal.size", `"1"`}, {"option disk[0].label", `"l"`}, {"option disk[0].size", `"2"`}, {"option disk[1]", "{}"},
		}},
	} {
		same(t, c.name, Options(&c.in, h), c.want)
	}
	if got := Options(func() {}, h); got != nil {
		t.Errorf("a function has options: %v", got)
	}
}

func same(t *testing.T, name string, got, want []Fact) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: got %q, want %q", name, got, want)
		return
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("%s: got %q, want %q", name, got[i], want[i])
		}
	}
}
