package pattern

import (
	"slices"
	"strings"
	"testing"
)

func TestCompile(t *testing.T) {
	all, diags := Compile("only", []string{"a.*", "[", "b"})
	if len(all) != 2 || all[0].Text != "a.*" || all[1].Flag != "only" {
		t.Errorf("patterns %v", all)
	}
	if len(diags) != 1 || diags[0].Summary != "Invalid -only" || !strings.Contains(diags[0].Detail, `"["`) {
		t.Errorf("diagnostics %v", diags)
	}
}

func TestPick(t *testing.T) {
	whole := func(s string) string { return s }
	short := func(s string) string { return s[strings.LastIndex(s, ".")+1:] }
	names := []string{"web.qemu.a", "web.qemu.b", "qemu.a"}
	cases := []struct {
		pattern string
		want    []string
	}{
		{"web.qemu.a", []string{"web.qemu.a"}},
		{"web.*", []string{"web.qemu.a", "web.qemu.b"}},
		{"*.a", []string{"web.qemu.a", "qemu.a"}},
		{"web", nil},
		{"a", []string{"web.qemu.a", "qemu.a"}}, // no whole name
		{"{a,b}", names},
		{"qemu.?", []string{"qemu.a"}}, // the whole name comes first
	}
	for _, c := range cases {
		all, diags := Compile("only", []string{c.pattern})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		got := Pick(all[0], names, whole, short)
		if !slices.Equal(got, c.want) || all[0].Used != (len(c.want) > 0) {
			t.Errorf("%s picks %q, used %t; want %q", c.pattern, got, all[0].Used, c.want)
		}
	}
}
