package media

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/seed"
)

// inject is a login to inject; its texts are easily found.
var inject = seed.Inject{User: "root", AuthorizedKey: "ssh-ed25519 THEKEY", HostKeyPrivate: "THEHOSTKEY", HostKeyPublic: "ssh-ed25519 THEHOSTPUBLIC"}

func TestWrite(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{"user-data": "#cloud-config\npackages: [OWNPACKAGE]\n", "ks.cfg": "KICKSTART"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name         string
		change       func(*CDs)
		inject       *seed.Inject
		seed, cd     string // texts in them, separated by spaces; "" for no CD
		never        string // in none
		problem      string
		templateSeed bool
	}{
		{name: "nothing"},
		{name: "a login", inject: &inject, seed: "cidata THEKEY THEHOSTKEY local-hostname: instance-id: ovenbird-"},
		{name: "settings", change: func(c *CDs) {
			c.CloudInit = &seed.CloudInit{UserData: "#cloud-config\nruncmd: [OWN]\n", NetworkConfig: "NETWORK"}
		}, seed: "cidata OWN NETWORK", never: "THEKEY"},
		{name: "both", change: func(c *CDs) {
			c.CloudInit = &seed.CloudInit{UserData: "#cloud-config\nruncmd: [OWN]\n", MetaData: "instance-id: OWNID\n"}
		}, inject: &inject, seed: "OWN OWNID THEKEY", never: "instance-id: ovenbird-"},
		{name: "a CD", change: func(c *CDs) { c.CDFiles, c.CDContent = []string{"ks.cfg"}, map[string]string{"more": "MORE"} }, cd: "packer KICKSTART MORE"},
		{name: "a CD and a login", change: func(c *CDs) { c.CDFiles = []string{"ks.cfg"} }, inject: &inject, seed: "THEKEY", cd: "KICKSTART"},
		{name: "a CD that is a seed", change: func(c *CDs) { c.CDLabel, c.CDFiles = "CIDATA", []string{"user-data"} }, inject: &inject, cd: "OWNPACKAGE THEKEY", templateSeed: true},
		{name: "a seed of text", change: func(c *CDs) {
			c.CDLabel, c.CDContent = "cidata", map[string]string{"user-data": "#cloud-config\nruncmd: [OWN]\n"}
		}, inject: &inject, cd: "OWN THEKEY", templateSeed: true},
		{name: "a seed without user-data", change: func(c *CDs) { c.CDLabel, c.CDContent = "cidata", map[string]string{"meta-data": "OWNMETA"} }, inject: &inject, cd: "OWNMETA THEKEY", templateSeed: true},
		{name: "a seed that lets itself in", change: func(c *CDs) { c.CDLabel, c.CDFiles = "cidata", []string{"user-data"} }, cd: "OWNPACKAGE", never: "THEKEY", templateSeed: true},
		{name: "a label alone", change: func(c *CDs) { c.CDLabel = "cidata" }, inject: &inject, seed: "THEKEY"},
		{name: "a file that is not there", change: func(c *CDs) { c.CDFiles = []string{"none"} }, problem: `cd_files: nothing matches "none"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			cds, dir := Defaults(), t.TempDir()
			if c.change != nil {
				c.change(&cds)
			}
			made, err := cds.Write(dir, c.inject)
			if (err != nil) != (c.problem != "") || err != nil && !strings.HasPrefix(err.Error(), c.problem) {
				t.Fatalf("error %v, want %q", err, c.problem)
			}
			if again := Find(dir); again != made {
				t.Errorf("made %v, found %v", made, again)
			}
			if cds.IsSeed() != c.templateSeed {
				t.Errorf("a seed: %t", cds.IsSeed())
			}
			has(t, made.Seed, filepath.Join(dir, Seed), c.seed, c.never)
			has(t, made.CD, filepath.Join(dir, CD), c.cd, c.never)
		})
	}
}

// has looks for texts in an image, whose files are not compressed.
func has(t *testing.T, image, want, texts, never string) {
	t.Helper()
	if texts == "" {
		want = ""
	}
	if image != want {
		t.Errorf("the image is %q, want %q", image, want)
	}
	if image == "" {
		return
	}
	raw, err := os.ReadFile(image)
	if err != nil {
		t.Fatal(err)
	}
	for text := range strings.FieldsSeq(texts) {
		if !bytes.Contains(raw, []byte(text)) {
			t.Errorf("%s is not in %s", text, image)
		}
	}
	if never != "" && bytes.Contains(raw, []byte(never)) {
		t.Errorf("%s is in %s", never, image)
	}
}

func TestValidate(t *testing.T) {
	c := Defaults()
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	c.CDFiles = []string{"/none/*.cfg"}
	if all := option.Problems(c.Validate()); len(all) != 1 || all[0].Option != "cd_files" {
		t.Errorf("got %v", all)
	}
}
