package main

import (
	"regexp"
	"strings"

	"golang.org/x/tools/txtar"
)

// testcase is one case as both programs get it.
type testcase struct {
	name  string
	files []txtar.File // without "want"; of real components instead of toys
	args  []string     // of validate
	env   []string
}

// parse reads a case. Its lines that begin with -var, -var-file, -only or
// -except are arguments; "env NAME=VALUE" sets a variable.
func parse(name string, a *txtar.Archive) testcase {
	c := testcase{name: name}
	for _, f := range a.Files {
		if f.Name != "want" {
			c.files = append(c.files, txtar.File{Name: f.Name, Data: []byte(real(string(f.Data)))})
		}
	}
	for line := range strings.Lines(string(a.Comment)) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "-var", "-var-file", "-only", "-except":
			c.args = append(c.args, word+"="+real(rest))
		case "env":
			c.env = append(c.env, rest)
		}
	}
	return c
}

// expand reads an archive of tools/verdicts/testdata, which is a case for each of
// its files: the comment, with the file in the place of its line "...", or the
// file alone. What is below files/ is there in each case.
func expand(name string, a *txtar.Archive) []testcase {
	var shared []txtar.File
	for _, f := range a.Files {
		if rest, ok := strings.CutPrefix(f.Name, "files/"); ok {
			shared = append(shared, txtar.File{Name: rest, Data: f.Data})
		}
	}
	var all []testcase
	for _, f := range a.Files {
		if strings.HasPrefix(f.Name, "files/") {
			continue
		}
		text := f.Data
		if hole := regexp.MustCompile(`(?m)^ *\.\.\.\n`); hole.Match(a.Comment) {
			text = hole.ReplaceAllLiteral(a.Comment, text)
		}
		files := append([]txtar.File{{Name: "a.pkr.hcl", Data: text}}, shared...)
		all = append(all, testcase{name: name + "/" + f.Name, files: files})
	}
	return all
}

var (
	names = strings.NewReplacer(`"fake"`, `"qemu"`, "fake.", "qemu.", `"fkae"`, `"qmeu"`, "fkae.", "qmeu.")
	// image is the toy's only required option.
	image     = regexp.MustCompile(`(?m)^( *)image *= *(.*)$`)
	imageJSON = regexp.MustCompile(`"image": *("[^"]*")`)
	// tag is how the cases try a text within an option.
	tag = regexp.MustCompile(`(?m)^( *)tags *= *\{ *\w+ *= *([^,\n]*) \}$`)
	// own are options of the toy that no builder has which both programs know.
	own = regexp.MustCompile(`(?m)^ *(?:dynamic +")?(disk|seal|tags)"? *[={]|"(disk)":`)
)

// zeros is a checksum; without one packer warns.
var zeros = strings.Repeat("0", 64)

// real puts the qemu builder in the place of the toy builder of the cases.
func real(text string) string {
	user := "\n${1}ssh_username = \"root\""
	userJSON := `, "ssh_username": "root"`
	if strings.Contains(text, "ssh_username") {
		user, userJSON = "", ""
	}
	text = names.Replace(text)
	text = image.ReplaceAllString(text, "${1}iso_url = $2\n${1}iso_checksum = \"sha256:"+zeros+"\"\n${1}disk_image = true"+user)
	text = imageJSON.ReplaceAllString(text, `"iso_url": $1, "iso_checksum": "sha256:`+zeros+`", "disk_image": true`+userJSON)
	return tag.ReplaceAllString(text, "${1}vm_name = $2")
}

// incomparable tells which option of the toy builder is left, if one is.
func (c testcase) incomparable() string {
	for _, f := range c.files {
		if m := own.FindSubmatch(f.Data); m != nil {
			return "no builder that both have knows " + string(m[1]) + string(m[2])
		}
	}
	return ""
}
