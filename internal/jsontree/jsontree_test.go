package jsontree

import (
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	src := "{\"a\": [1.50, true, null,\n  \"x\\n\"], \"b\"  :  {\"c\": {}}}"
	v, diags := Read("f", []byte(src), "Unreadable", "JSON was expected")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	cut := func(v Value) string { return string(v.At.SliceBytes([]byte(src))) }
	items := v.Get("a").Value.Items
	for i, want := range []Value{{Kind: Number, Text: "1.50"}, {Kind: Boolean, Text: "true"}, {Kind: Null}, {Kind: Text, Text: "x\n"}} {
		if items[i].Kind != want.Kind || items[i].Text != want.Text {
			t.Errorf("%d: got %v %q", i, items[i].Kind, items[i].Text)
		}
	}
	for want, got := range map[string]string{`1.50`: cut(items[0]), `"x\n"`: cut(items[3]), `{"c": {}}`: cut(v.Get("b").Value), src: cut(v)} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if at := items[3].At.Start; at.Line != 2 || at.Column != 3 {
		t.Errorf("got %+v", at)
	}
	if v.Get("z") != nil {
		t.Error("there is a z")
	}
}

func TestReadWrong(t *testing.T) {
	for src, want := range map[string]string{
		"":                     "f:1,1-1: Unreadable",
		"{\n\"a\": }":          "f:2,6-7: Unreadable",
		"{} x":                 "f:1,4-5: Unreadable",
		`{"a": {"b":1,"b":2}}`: "f:1,14-17: Duplicate key",
	} {
		if _, diags := Read("f", []byte(src), "Unreadable", "JSON was expected"); !strings.HasPrefix(diags.Error(), want) {
			t.Errorf("%q: got %s, want %s", src, diags, want)
		}
	}
}
