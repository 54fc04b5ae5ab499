package bounds

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

func texts(all ...string) []cty.Value {
	var values []cty.Value
	for _, s := range all {
		values = append(values, cty.StringVal(s))
	}
	return values
}

func TestRefused(t *testing.T) {
	mib := strings.Repeat("x", 1<<20)
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x]\n")
	for i := range 40 {
		fmt.Fprintf(&bomb, "a%d: &a%[1]d [*a%d, *a%[2]d]\n", i+1, i)
	}
	for _, c := range []struct {
		name string
		f    function.Function
		args []cty.Value
		want string
	}{
		{"replace", Replace(), texts(mib, "x", mib), "more than 64 MiB"},
		{"split", Split(), texts("", mib), "more than 1000000 parts"},
		{"join", Join(), []cty.Value{cty.StringVal(mib), cty.ListVal(texts(strings.Split(mib[:100], "")...))}, "more than 64 MiB"},
		{"join long ones", Join(), []cty.Value{cty.StringVal(""), cty.ListVal(texts(strings.Split(strings.Repeat(mib+",", 65), ",")...))}, "more than 64 MiB"},
		{"trim", Trim(), texts(mib, mib), "too many"},
		{"parseint", ParseInt(), []cty.Value{cty.StringVal(strings.Repeat("1", 20_000)), cty.NumberIntVal(10)}, "at most 10000 digits"},
		{"regex", Regex(), texts("(x*x*x*){500}y", mib), "too complicated"},
		{"regexall", RegexAll(), texts(".", mib), "more than 100000 times"},
		{"regex_replace", RegexReplace(), texts(mib, "x", mib), "more than 100000 times"},
		{"regex_replace long ones", RegexReplace(), texts(mib[:1000], "x", mib), "more than 64 MiB"},
		{"regex_replace with the whole", RegexReplace(), texts(mib, ".*", strings.Repeat("$0", 100)), "more than 64 MiB"},
		{"format a width", Format(), []cty.Value{cty.StringVal("%99999d"), cty.Zero}, "a width of 99999"},
		{"format a long text", Format(), texts(strings.Repeat("%[1]s", 100), mib), "more than 64 MiB"},
		{"format digits", Format(), texts("%d", "1e99999999"), "too many digits"},
		{"formatlist", FormatList(), []cty.Value{cty.StringVal("%s"), cty.ListVal(texts(strings.Split(strings.Repeat(mib[:1<<10]+",", 300), ",")...))}, ""},
		{"formatlist long ones", FormatList(), []cty.Value{cty.StringVal("%s"), cty.ListVal(texts(strings.Split(strings.Repeat(mib+",", 65), ",")...))}, "more than 64 MiB"},
		{"jsondecode", JSONDecode(), texts(strings.Repeat("[", 2000)), "nested too deeply"},
		{"jsondecode quoted", JSONDecode(), texts(`"` + strings.Repeat(`[\"`, 2000) + `"`), ""},
		{"jsondecode many", JSONDecode(), texts("[" + strings.Repeat("1,", 1<<20) + "1]"), "more than 1000000 values"},
		{"csvdecode", CSVDecode(), texts("a,b\n" + strings.Repeat("1,2\n", 1<<19)), "more than 1000000 values"},
		{"yamldecode", YAMLDecode(), texts(bomb.String()), "more than 1000000 values"},
		{"yamldecode some", YAMLDecode(), texts("a: &a [1, 2]\nb: *a\n"), ""},
		{"yamldecode long", YAMLDecode(), texts(strings.Repeat(mib, 5)), "more than 4 MiB"},
		{"yamldecode wrong", YAMLDecode(), texts("a: [\n"), "reading YAML"},
		{"contains", Contains(), []cty.Value{cty.ListVal([]cty.Value{cty.ListVal(texts("a"))}), cty.ListVal(texts("a"))}, ""},
	} {
		_, err := c.f.Call(c.args)
		if err == nil && c.want != "" || err != nil && (c.want == "" || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v; want %q", c.name, err, c.want)
		}
	}
}

func TestDistinct(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"none", "", ""},
		{"once", "a b c", "a b c"},
		{"again", "b a b c a b", "b a c"},
	} {
		list := cty.ListValEmpty(cty.String)
		if c.in != "" {
			list = cty.ListVal(texts(strings.Fields(c.in)...))
		}
		got, err := Distinct().Call([]cty.Value{list})
		var all []string
		for _, v := range got.AsValueSlice() {
			all = append(all, v.AsString())
		}
		if err != nil || strings.Join(all, " ") != c.want {
			t.Errorf("%s: %v, %v; want %s", c.name, all, err, c.want)
		}
	}
	later := cty.ListVal([]cty.Value{cty.StringVal("a"), cty.UnknownVal(cty.String)})
	if got, err := Distinct().Call([]cty.Value{later}); err != nil || got.IsKnown() {
		t.Error(got, err)
	}
	many := make([]cty.Value, 50_000)
	for i := range many {
		many[i] = cty.NumberIntVal(int64(i))
	}
	if got, err := Distinct().Call([]cty.Value{cty.ListVal(many)}); err != nil || got.LengthInt() != len(many) {
		t.Error(err)
	}
}

func TestFileSet(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"a.sh", "b.txt", "in/c.sh", "in/deep/d.sh"} {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ path, pattern, want string }{
		{".", "*.sh", "a.sh"},
		{".", "**/*.sh", "a.sh in/c.sh in/deep/d.sh"},
		{"in", "*", "c.sh"},
		{root, "*.txt", "b.txt"},
		{".", "none", ""},
	} {
		got, err := FileSet(root).Call(texts(c.path, c.pattern))
		var all []string
		for _, v := range got.AsValueSlice() {
			all = append(all, v.AsString())
		}
		if err != nil || strings.Join(all, " ") != c.want {
			t.Errorf("%s %s: %v, %v; want %s", c.path, c.pattern, all, err, c.want)
		}
	}
	if _, err := FileSet(root).Call(texts(".", "[")); err == nil {
		t.Error("a pattern without an end is no error")
	}
	for _, name := range []string{"x", "y", "z"} {
		if err := os.Symlink(root, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := FileSet(root).Call(texts(".", "**")); err == nil || !strings.Contains(err.Error(), "too many files") {
		t.Errorf("links in a circle: %v", err)
	}
}
