package functions

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

func evaluate(t *testing.T, table map[string]function.Function, text string) (string, string) {
	t.Helper()
	expr, diags := hclsyntax.ParseExpression([]byte(text), "x", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	value, diags := expr.Value(&hcl.EvalContext{Functions: table, Variables: map[string]cty.Value{
		"later": cty.UnknownVal(cty.String),
	}})
	if diags.HasErrors() {
		return "", diags.Error()
	}
	if !value.IsWhollyKnown() {
		return "unknown", ""
	}
	if s, err := convert.Convert(value, cty.String); err == nil && !s.IsNull() {
		return s.AsString(), ""
	}
	out, err := ctyjson.Marshal(value, value.Type())
	if err != nil {
		t.Fatal(err)
	}
	return string(out), ""
}

func root(t *testing.T) string {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"plain.txt": "text", "page.tpl": "hello ${name}%{ for n in list } ${n}%{ endfor }",
		"inner.tpl": "${templatefile(\"page.tpl\", {})}", "sub/a.sh": "a", "broken.tpl": "${", "binary": "\xff",
		"number.tpl": "${1 + size}",
	} {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	huge, err := os.Create(filepath.Join(dir, "huge"))
	if err != nil {
		t.Fatal(err)
	}
	if err := huge.Truncate(1 << 40); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestFunctions(t *testing.T) {
	table := Table(root(t), time.Date(2026, 3, 1, 14, 5, 9, 0, time.UTC), nil)
	cases := []struct{ expr, want string }{
		{`abs(-3)`, "3"},
		{`sum([1, 2.5])`, "3.5"},
		{`pow(2, 10)`, "1024"},
		{`parseint("ff", 16)`, "255"},
		{`startswith("abc", "ab")`, "true"},
		{`endswith("abc", "ab")`, "false"},
		{`strcontains("abc", "bc")`, "true"},
		{`format("%05.1f|%-4s|%d", 3.14159, "a", 7)`, "003.1|a   |7"},
		{`formatlist("%s!", ["a", "b"])`, `["a!","b!"]`},
		{`indent(2, "a\nb")`, "a\n  b"},
		{`regex("[a-z]+", "12ab")`, "ab"},
		{`regex_replace("a1b2", "[0-9]", "-")`, "a-b-"},
		{`replace("a.b.c", ".", "-")`, "a-b-c"},
		{`substr("abcdef", 1, 3)`, "bcd"},
		{`join(",", split("-", "a-b"))`, "a,b"},
		{`title("a word")`, "A Word"},
		{`alltrue([true, "true"])`, "true"},
		{`alltrue([true, false])`, "false"},
		{`anytrue([false, true])`, "true"},
		{`anytrue([])`, "false"},
		{`length("häh")`, "3"},
		{`length([1, 2])`, "2"},
		{`length({ a = 1 })`, "1"},
		{`length(later)`, "unknown"},
		{`index(["a", "b"], "b")`, "1"},
		{`coalesce("", "x")`, "x"},
		{`merge({ a = 1 }, { b = 2 })`, `{"a":1,"b":2}`},
		{`lookup({ a = "x" }, "b", "none")`, "none"},
		{`range(3)`, "[0,1,2]"},
		{`setproduct(["a"], ["b", "c"])`, `[["a","b"],["a","c"]]`},
		{`flatten([["a"], ["b"]])`, `["a","b"]`},
		{`base64decode(base64encode("hé"))`, "hé"},
		{`textdecodebase64(textencodebase64("hé", "UTF-16LE"), "UTF-16LE")`, "hé"},
		{`textencodebase64("a", "UTF-16LE")`, "YQA="},
		{`substr(base64gzip("x"), 0, 4)`, "H4sI"},
		{`jsondecode("[1]")[0]`, "1"},
		{`jsonencode({ a = [true] })`, `{"a":[true]}`},
		{`yamldecode("a: [1]").a[0]`, "1"},
		{`csvdecode("a,b\n1,2")[0].b`, "2"},
		{`urlencode("a b")`, "a+b"},
		{`file("plain.txt")`, "text"},
		{`file("./sub/a.sh")`, "a"},
		{`fileexists("none")`, "false"},
		{`fileset(".", "sub/*.sh")`, `["sub/a.sh"]`},
		{`basename("/a/b.c")`, "b.c"},
		{`templatefile("page.tpl", { name = "x", list = [1, 2] })`, "hello x 1 2"},
		{`templatefile("number.tpl", { size = 2 })`, "3"},
		{`templatefile("page.tpl", { name = later, list = [] })`, "unknown"},
		{`formatdate("YYYY-MM-DD", "2026-03-01T00:00:00Z")`, "2026-03-01"},
		{`timeadd("2026-03-01T00:00:00Z", "1h")`, "2026-03-01T01:00:00Z"},
		{`legacy_isotime("2006-01-02")`, "2026-03-01"},
		{`legacy_isotime()`, "2026-03-01T14:05:09Z"},
		{`legacy_strftime("%H:%M")`, "14:05"},
		{`rfc3339_parse("2026-03-01T14:05:09Z").month_name`, "March"},
		{`rfc3339_parse("2026-03-01T14:05:09Z").unix`, "1772373909"},
		{`unix_timestamp_parse(1772373909).rfc3339`, "2026-03-01T14:05:09Z"},
		{`unix_timestamp_parse("1772373909").iso_week`, "9"},
		{`md5("a")`, "0cc175b9c0f1b6a831c399e269772661"},
		{`substr(bcrypt("a", 4), 0, 7)`, "$2a$04$"},
		{`length(uuidv4())`, "36"},
		{`cidrhost("10.0.0.0/8", 5)`, "10.0.0.5"},
		{`cidrsubnets("10.0.0.0/16", 8, 8)`, `["10.0.0.0/24","10.0.1.0/24"]`},
		{`can(file("none"))`, "false"},
		{`try(file("none"), "other")`, "other"},
		{`convert("1", number)`, "1"},
	}
	for _, c := range cases {
		if got, fault := evaluate(t, table, c.expr); fault != "" || got != c.want {
			t.Errorf("%s = %q %s; want %q", c.expr, got, fault, c.want)
		}
	}
}

func TestFaults(t *testing.T) {
	table := Table(root(t), time.Now(), nil)
	cases := []struct{ expr, want string }{
		{`range(0, 1000000000)`, "1024"},
		{`format("%1000000000d", 1)`, "a width of 1000000000 is too large"},
		{`formatlist("%.99999999999999999999f", [1])`, "is too large"},
		{`indent(1000000000, "a\nb")`, "makes the text too large"},
		{`setproduct(range(1000), range(1000))`, "more than 100000 elements"},
		{`bcrypt("a", 31)`, "would take hours"},
		{`file("huge")`, "has 1048576 MiB; the limit is 64"},
		{`file("/dev/zero")`, "/dev/zero is not a regular file"},
		{`file("none.txt")`, "there is no file "},
		{`file("binary")`, "not valid UTF-8"},
		{`templatefile("inner.tpl", {})`, "cannot call templatefile()"},
		{`templatefile("page.tpl", {})`, `the template uses "name"`},
		{`templatefile("page.tpl", [])`, "a map of variables is needed, not tuple"},
		{`templatefile("broken.tpl", {})`, "broken.tpl:1"},
		{`templatefile("none.tpl", {})`, "there is no file"},
		{`sum([])`, "an empty list has no sum"},
		{`sum(["x"])`, "every element must be a number"},
		{`sum("x")`, "a list is needed, not string"},
		{`alltrue([null])`, "an element is null"},
		{`length(1)`, "a string, a list or a map is needed, not number"},
		{`index(["a"], "b")`, "does not have this value"},
		{`textencodebase64("a", "none")`, `"none" is not a supported IANA encoding name`},
		{`textencodebase64("世", "ISO-8859-1")`, "characters that ISO-8859-1 lacks"},
		{`textdecodebase64("%", "UTF-8")`, "not base64"},
		{`rfc3339_parse("today")`, "is not RFC 3339"},
		{`unix_timestamp_parse("now")`, "not a whole number of seconds"},
		{`legacy_isotime("a", "b")`, "one layout is enough"},
		{`env("HOME")`, "env() works only in the default of a variable"},
		{`vault("a", "b")`, "vault() needs a client for Vault, which is not built in yet"},
	}
	for _, c := range cases {
		if got, fault := evaluate(t, table, c.expr); !strings.Contains(fault, c.want) {
			t.Errorf("%s = %q, %q; want an error with %q", c.expr, got, fault, c.want)
		}
	}
}

func TestRootTwice(t *testing.T) {
	t.Chdir(root(t))
	table := Table("sub", time.Now(), nil)
	for expr, want := range map[string]string{
		`file("sub/a.sh")`:               `there is no file sub/sub/a.sh; relative paths begin at path.root as it is, so write "a.sh"`,
		`templatefile("./sub/a.sh", {})`: `so write "a.sh"`,
		`filebase64("sub/a.sh")`:         "",
		`file("../sub/a.sh")`:            "",
	} {
		if _, fault := evaluate(t, table, expr); (want == "") != (fault == "") || !strings.Contains(fault, want) {
			t.Errorf("%s: %q; want an error with %q", expr, fault, want)
		}
	}
}

func TestDefaults(t *testing.T) {
	t.Setenv("OVENBIRD_TEST_VALUE", "set")
	for expr, want := range map[string]string{`env("OVENBIRD_TEST_VALUE")`: "set", `env("OVENBIRD_TEST_NONE")`: ""} {
		if got, fault := evaluate(t, Defaults(), expr); fault != "" || got != want {
			t.Errorf("%s = %q %s; want %q", expr, got, fault, want)
		}
	}
}

func TestTimestampIsNow(t *testing.T) {
	got, fault := evaluate(t, Table(".", time.Time{}, nil), `timestamp()`)
	at, err := time.Parse(time.RFC3339, got)
	if fault != "" || err != nil || time.Since(at) > time.Minute {
		t.Errorf("timestamp() is %q %s; want now", got, fault)
	}
}

// TestTable compares the names with those that Packer's documentation has.
func TestTable(t *testing.T) {
	names := strings.Fields(`abs ceil floor log max min parseint pow signum sum
		chomp endswith format formatlist indent join lower regex regexall regex_replace replace split startswith
		strcontains strrev substr title trim trimprefix trimspace trimsuffix upper
		alltrue anytrue chunklist coalesce coalescelist compact concat contains distinct element flatten index keys length
		lookup merge range reverse setintersection setproduct setunion slice sort values zipmap
		base64decode base64encode base64gzip csvdecode jsondecode jsonencode textdecodebase64 textencodebase64 urlencode
		yamldecode yamlencode abspath basename dirname file filebase64 fileexists fileset pathexpand templatefile
		formatdate legacy_isotime legacy_strftime rfc3339_parse timeadd timestamp unix_timestamp_parse
		bcrypt md5 rsadecrypt sha1 sha256 sha512 uuidv4 uuidv5 cidrhost cidrnetmask cidrsubnet cidrsubnets
		can convert try aws_secretsmanager aws_secretsmanager_raw consul_key vault env`)
	table := Table(".", time.Time{}, nil)
	for _, name := range names {
		if _, ok := table[name]; !ok {
			t.Errorf("%s() is missing", name)
		}
	}
	if len(table) != len(names) {
		t.Errorf("there are %d functions; want %d", len(table), len(names))
	}
}
