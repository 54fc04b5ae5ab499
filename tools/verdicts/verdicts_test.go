package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

func TestReal(t *testing.T) {
	sum := strings.Repeat("0", 64)
	cases := []struct{ name, toy, want string }{
		{
			"a source",
			"source \"fake\" \"a\" {\n  image = \"i\"\n}\nbuild { sources = [\"fake.a\"] }\n",
			"source \"qemu\" \"a\" {\n  iso_url = \"i\"\n  iso_checksum = \"sha256:" + sum + "\"\n  disk_image = true\n" +
				"  ssh_username = \"root\"\n}\nbuild { sources = [\"qemu.a\"] }\n",
		},
		{
			"its own user name",
			"  image = \"i\"\n  ssh_username = x\n",
			"  iso_url = \"i\"\n  iso_checksum = \"sha256:" + sum + "\"\n  disk_image = true\n  ssh_username = x\n",
		},
		{
			"JSON",
			`{"image": "${var.x}"}`,
			`{"iso_url": "${var.x}", "iso_checksum": "sha256:` + sum + `", "disk_image": true, "ssh_username": "root"}`,
		},
		{"a tag carries a text", "  tags = { x = \"{{ upper `a` }}\" }\n", "  vm_name = \"{{ upper `a` }}\"\n"},
		{"two tags have no counterpart", "  tags = { a = null, b = \"1\" }\n", "  tags = { a = null, b = \"1\" }\n"},
		{"a misspelt builder stays one", `source "fkae" "a" {}`, `source "qmeu" "a" {}`},
	}
	for _, c := range cases {
		if got := real(c.toy); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

func TestParse(t *testing.T) {
	c := parse("x", txtar.Parse([]byte("A case.\n\n-only n.fake.a\n-warn-undeclared\n-var b=1\nenv X=fake\n-- a.pkr.hcl --\nx\n-- sub/b.sh --\ny\n-- want --\nz\n")))
	var files []string
	for _, f := range c.files {
		files = append(files, f.Name)
	}
	for _, got := range [][2]string{
		{strings.Join(files, " "), "a.pkr.hcl sub/b.sh"},
		{strings.Join(c.args, " "), "-only=n.qemu.a -var=b=1"},
		{strings.Join(c.env, " "), "X=fake"},
	} {
		if got[0] != got[1] {
			t.Errorf("got %q, want %q", got[0], got[1])
		}
	}
}

func TestExpand(t *testing.T) {
	framed := expand("x", txtar.Parse([]byte("build {\n  ...\n}\n-- a --\nb = \"$1\"\n-- none --\n-- files/dir/s.sh --\nsh\n")))
	whole := expand("y", txtar.Parse([]byte("Whole templates.\n-- a --\nb\n")))
	var got []string
	for _, c := range append(framed, whole...) {
		for _, f := range c.files {
			got = append(got, c.name+" "+f.Name+" "+string(f.Data))
		}
	}
	want := []string{
		"x/a a.pkr.hcl build {\nb = \"$1\"\n}\n", "x/a dir/s.sh sh\n",
		"x/none a.pkr.hcl build {\n}\n", "x/none dir/s.sh sh\n",
		"y/a a.pkr.hcl b\n",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestIncomparable(t *testing.T) {
	for text, want := range map[string]string{
		"  disk {\n":             "disk",
		"  dynamic \"disk\" {\n": "disk",
		"  seal = {\n":           "seal",
		`{"disk": []}`:           "disk",
		"  tags = { a = 1 }\n":   "tags",
		"  disk_image = true\n":  "",
		"  inline = [\"disk\"]":  "",
	} {
		got := testcase{files: []txtar.File{{Data: []byte(text)}}}.incomparable()
		if (got == "") != (want == "") || !strings.HasSuffix(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestCompare(t *testing.T) {
	cases := []struct {
		name             string
		packer, ovenbird verdict
		want             kind
	}{
		{"both valid", verdict{true, ""}, verdict{true, ""}, same},
		{"both invalid", verdict{false, "Error: a"}, verdict{false, "Error: b"}, same},
		{"no reason", verdict{true, ""}, verdict{false, "Error: b"}, differs},
		{"unknown to packer", verdict{false, "Blocks of type \"local\" are\nnot expected here."}, verdict{true, ""}, newer},
		{"unknown to packer, and wrong", verdict{false, "Blocks of type \"local\" are\nnot expected here."}, verdict{false, "x"}, newer},
		{"meant", verdict{true, ""}, verdict{false, "Element [0] is null."}, deliberate},
		{"meant the other way round", verdict{false, "Element [0] is null."}, verdict{true, ""}, differs},
	}
	for _, c := range cases {
		if got, _ := compare(c.packer, c.ovenbird); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestReport(t *testing.T) {
	var out strings.Builder
	results := []result{
		{"a", same, "", verdict{true, "fine"}, verdict{true, "fine"}},
		{"b", incomparable, "no disk", verdict{}, verdict{}},
		{"c", differs, "", verdict{true, "fine\n"}, verdict{false, "Error: x\n"}},
	}
	report(&out, results, false)
	want := "CASE  PACKER  OVENBIRD  \na     valid   valid     same\nb     -       -         not compared: no disk\nc     valid   invalid   DIFFERS\n" +
		"\n--- c\npacker: fine\novenbird: Error: x\n\n   1  same\n   0  meant\n   0  not in packer 1.6.6\n   1  not compared\n   1  DIFFERS\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := len(idle([]result{{why: unknown[0].name}, {why: meant[0].why}})); got != len(unknown)+len(meant)-2 {
		t.Errorf("%d explanations are idle", got)
	}
}

func TestAsk(t *testing.T) {
	program := filepath.Join(t.TempDir(), "judge")
	script := "#!/bin/sh\n[ \"$1 $2 $3\" = 'validate -only=a .' ] && cat sub/x && [ \"$FAST\" ] || sleep 60 & wait $!\n"
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	c := testcase{name: "x", files: []txtar.File{{Name: "sub/x", Data: []byte("text\n")}}, args: []string{"-only=a"}}
	j := judges{dir: t.TempDir(), patience: time.Second}
	v, err := j.ask(context.Background(), program, c)
	if want := "no answer within 1s\ntext\n"; err != nil || v.valid || v.says != want {
		t.Errorf("slow: got %v, %q, %v", v.valid, v.says, err)
	}
	j.patience, c.env = time.Minute, []string{"FAST=1"}
	if v, err = j.ask(context.Background(), program, c); err != nil || !v.valid || v.says != "text\n" {
		t.Errorf("fast: got %v, %q, %v", v.valid, v.says, err)
	}
}
