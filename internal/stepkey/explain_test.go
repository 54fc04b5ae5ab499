package stepkey

import (
	"slices"
	"strings"
	"testing"
)

func TestExplain(t *testing.T) {
	h := NewHider([]string{"hunter1", "hunter2"}, []byte("k"))
	one, two := h.Hide("hunter1"), h.Hide("hunter2")
	long := strings.Repeat("0123456789", 10)
	f := func(name, value string) []Fact { return []Fact{{name, value}} }
	for _, c := range []struct {
		name     string
		old, now []Fact
		want     []string
	}{
		{"nothing", f("a", "b"), f("a", "b"), nil},
		{"a number", f("option memory", "512"), f("option memory", "1024"), []string{"option memory was 512 and is 1024"}},
		{"a text", f("option mode", `"<a>"`), f("option mode", `"b"`), []string{`option mode was "<a>" and is "b"`}},
		{"plain text", f("qemu", "7.2"), f("qemu", "8.0 Debian"), []string{`qemu was 7.2 and is "8.0 Debian"`}},
		{"a digest", f("base", "sha256:12"), f("base", "sha256:34"), []string{"base changed"}},
		{"a new option", nil, f("option x", "1"), []string{"option x is new"}},
		{"an option less", f("option x", "1"), nil, []string{"option x is no longer set"}},
		{"files", f("file y", "sha256:1"), f("file z", "sha256:1"), []string{"file z is used now", "file y is no longer used"}},
		{"another fact less", f("snapshot", "1"), nil, []string{"snapshot is gone"}},
		{
			"a line", f("option inline", `["a","b","apt-get install nginx"]`), f("option inline", `["a","b","apt-get install caddy"]`),
			[]string{`option inline: line 3 was "apt-get install nginx" and is "apt-get install caddy"`},
		},
		{"a line more", f("option inline", `["a","b"]`), f("option inline", `["a","x","b"]`), []string{`option inline: line 2, "x", is new`}},
		{"a line less", f("option inline", `["a","x"]`), f("option inline", `["a"]`), []string{`option inline: line 2, "x", is gone`}},
		{"lines more", f("option inline", `["a"]`), f("option inline", `["x","y","a"]`), []string{`option inline: lines 1 to 2 are new, the first is "x"`}},
		{"lines less", f("option inline", `["a","b","c"]`), f("option inline", `["c"]`), []string{`option inline: lines 1 to 2 are gone, the first was "a"`}},
		{"several lines", f("option inline", `["a","b","c"]`), f("option inline", `["a","x","y","c"]`), []string{`option inline: line 2 and more changed; it was "b" and is "x"`}},
		{"cut another way", f("option inline", `["a","b"]`), f("option inline", `["a\nb"]`), []string{"option inline changed"}},
		{"a heredoc", f("option inline", `["set -e\napt\n"]`), f("option inline", `["set -e\ndnf\n"]`), []string{`option inline: line 2 was "apt" and is "dnf"`}},
		{"an item", f("option scripts", `["a","b"]`), f("option scripts", `["a","c"]`), []string{`option scripts: item 2 was "b" and is "c"`}},
		{"an item of any kind", f("option args", `[["-m","1"]]`), f("option args", `[["-m","2"]]`), []string{`option args: item 1 was ["-m","1"] and is ["-m","2"]`}},
		{
			"text of lines", f("cloud_init.user_data", "#cloud-config\na: 1\n"), f("cloud_init.user_data", "#cloud-config\na: 2\n"),
			[]string{`cloud_init.user_data: line 2 was "a: 1" and is "a: 2"`},
		},
		{
			"a map", f("option env", `{"A":"1","B":"1","C":"1"}`), f("option env", `{"A":"2","C":"1","D":"1"}`),
			[]string{`option env: A was "1" and is "2"`, "option env: B is gone", "option env: D is new"},
		},
		{"long", f("option x", `"`+long+`a`+long+`"`), f("option x", `"`+long+`b`+long+`"`), []string{
			`option x was ...01234567890123456789a012345678901234567890123456789012345678... and is ...01234567890123456789b012345678901234567890123456789012345678...`,
		}},
		{"a secret", f("option password", `"`+one+`"`), f("option password", `"`+two+`"`), []string{"option password changed"}},
		{"a secret in a line", f("option inline", `["a","x `+one+`"]`), f("option inline", `["a","x `+two+`"]`), []string{"option inline: line 2 changed"}},
		{"beside a secret", f("option inline", `["x `+one+`"]`), f("option inline", `["y `+two+`"]`), []string{`option inline: line 1 was "x <secret>" and is "y <secret>"`}},
		{"a secret in a map", f("option env", `{"P":"`+one+`"}`), f("option env", `{"P":"`+two+`"}`), []string{"option env: P changed"}},
		{"another kind", f("option x", `"a"`), f("option x", `["a"]`), []string{`option x was "a" and is ["a"]`}},
		{"the order", []Fact{{"a", "1"}, {"b", "2"}}, []Fact{{"b", "2"}, {"a", "1"}}, []string{"the order changed"}},
		{"all at once", []Fact{{"a", "1"}, {"b", "2"}}, []Fact{{"c", "3"}, {"a", "2"}}, []string{"c is new", "a was 1 and is 2", "b is gone"}},
	} {
		if got := Explain(c.old, c.now); !slices.Equal(got, c.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", c.name, got, c.want)
		}
	}
}

func FuzzExplain(f *testing.F) {
	f.Add("a", `["a"]`, `{"a":1}`)
	f.Fuzz(func(t *testing.T, name, was, is string) {
		got := Explain([]Fact{{name, was}}, []Fact{{name, is}})
		if (len(got) == 0) != (was == is) {
			t.Errorf("%q, %q: %q", was, is, got)
		}
	})
}
