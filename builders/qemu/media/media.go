// Package media makes a machine's CDs: the template's own, and the cloud-init
// seed that lets the build in.
package media

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"github.com/ovenbird-io/ovenbird/internal/seed"
)

// CDs say what is on them; the builder embeds them with `hcl:",remain"` and
// starts from Defaults.
type CDs struct {
	// Files and folders for a CD; a folder with a trailing "/" gives its contents.
	CDFiles []string `hcl:"cd_files,optional"`
	// Name to text, written to the CD after cd_files.
	CDContent map[string]string `hcl:"cd_content,optional"`
	// Volume label of the CD; "cidata" makes it a cloud-init seed.
	CDLabel string `hcl:"cd_label,optional"`
	// Settings for cloud-init, joined with the build's throw-away login.
	CloudInit *seed.CloudInit `hcl:"cloud_init,block"`
}

// Defaults are the options of a template that sets none.
func Defaults() CDs { return CDs{CDLabel: "packer"} }

// IsSeed says that the template's CD is a NoCloud seed itself.
func (c *CDs) IsSeed() bool {
	return strings.EqualFold(c.CDLabel, "cidata") && (len(c.CDFiles) > 0 || len(c.CDContent) > 0)
}

// The names of the CDs' files.
const (
	Seed = "seed.iso"
	CD   = "cd.iso"
)

// Images are the files of the CDs, "" for one that is not needed.
type Images struct {
	Seed string
	CD   string
}

// Find gives the CDs that Write has made in a folder.
func Find(dir string) Images {
	found := func(name string) string {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err != nil {
			return ""
		}
		return path
	}
	return Images{Seed: found(Seed), CD: found(CD)}
}

// hostName is what a guest is called while it is baked, whatever its source is
// called: the machines that boot from one base are then the same.
const hostName = "ovenbird"

// Write makes our seed and the template's CD in the folder dir, each only if it
// is needed. The guest gets the login to inject, if there is one. A CD that is
// a seed itself gets our login added, since a guest reads only one.
func (c *CDs) Write(dir string, inject *seed.Inject) (Images, error) {
	var made Images
	files, err := seed.Tree(c.CDFiles, c.CDContent)
	if err != nil {
		return made, fmt.Errorf("cd_files: %w", err)
	}
	if len(files) > 0 {
		if c.IsSeed() && inject != nil {
			if files, err = addLogin(files, inject); err != nil {
				return made, err
			}
		}
		made.CD = filepath.Join(dir, CD)
		if err := seed.Write(made.CD, c.CDLabel, files); err != nil {
			return made, err
		}
	}
	if c.IsSeed() || c.CloudInit == nil && inject == nil {
		return made, nil
	}
	settings := seed.CloudInit{}
	if c.CloudInit != nil {
		settings = *c.CloudInit
	}
	user, err := userData(settings.UserData, inject)
	if err != nil {
		return made, err
	}
	meta := settings.MetaData
	if meta == "" {
		meta = fmt.Sprintf("instance-id: ovenbird-%s\nlocal-hostname: %s\n", uuid.NewString(), hostName)
	}
	made.Seed = filepath.Join(dir, Seed)
	return made, seed.Write(made.Seed, "cidata", seed.NoCloud(user, meta, settings.NetworkConfig))
}

// addLogin puts our login into the user-data of the template's own seed.
func addLogin(files []seed.File, inject *seed.Inject) ([]seed.File, error) {
	for i, f := range files {
		if f.Name != "user-data" {
			continue
		}
		content := f.Content
		if f.Path != "" {
			var err error
			if content, err = os.ReadFile(f.Path); err != nil {
				return nil, fmt.Errorf("reading the seed's user-data: %w", err)
			}
		}
		text, err := userData(string(content), inject)
		if err != nil {
			return nil, err
		}
		files[i] = seed.File{Name: f.Name, Content: []byte(text)}
		return files, nil
	}
	text, err := userData("", inject)
	return append(files, seed.File{Name: "user-data", Content: []byte(text)}), err
}

func userData(own string, inject *seed.Inject) (string, error) {
	if inject == nil {
		return own, nil
	}
	return seed.Merge(own, *inject)
}
