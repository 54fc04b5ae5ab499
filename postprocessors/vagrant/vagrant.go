// Package vagrant is the post-processor that makes Vagrant boxes.
package vagrant

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/archive"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/postprocessors"
)

const (
	// builderID names the artifacts of this post-processor; scripts that read
	// manifests know it from Packer's.
	builderID = "mitchellh.post-processor.vagrant"
	// libvirt is the one provider there are boxes for.
	libvirt = "libvirt"
	// usual is the compression level that leaves the choice to the codec.
	usual = -1
)

// Vagrant makes a box for Vagrant's libvirt provider of the disk images of the
// qemu builder. The images themselves are removed unless
// keep_input_artifact = true.
type Vagrant struct {
	Box `hcl:",remain"`
	// The provider the box is for, where the artifact does not tell it, as
	// after artifice. Only "libvirt" is supported yet. Default: by the builder.
	ProviderOverride string `hcl:"provider_override,optional"`
	// Options for boxes of one provider only, by its name:
	// { libvirt = { compression_level = 9 } }. Each of the options output,
	// compression_level, include, vagrantfile_template,
	// vagrantfile_template_generated and architecture can stand there.
	Override map[string]Box `hcl:"override,optional" template:"late"`

	env postprocessors.Env
}

// Box are the options that each provider can have its own of.
type Box struct {
	// The box file to make; one that is there is replaced when the new one is
	// complete. {{.Provider}}, {{.BuildName}}, {{.ArtifactId}} and
	// {{.Architecture}} are replaced; builds that run side by side need
	// different names. Default: "packer_{{.BuildName}}_{{.Provider}}.box".
	Output string `hcl:"output,optional" template:"late"`
	// How hard to compress, from 1, fast, to 9, small; 0 does not compress, and
	// -1 means the usual level. Default: -1.
	CompressionLevel *int `hcl:"compression_level,optional"`
	// Further files to put into the box, by their last element.
	Include []string `hcl:"include,optional"`
	// A Vagrantfile whose content comes with the box, below what the box needs
	// itself; a user's own Vagrantfile goes first. Default: none.
	VagrantfileTemplate string `hcl:"vagrantfile_template,optional"`
	// Says that vagrantfile_template is made during the build and need not
	// exist before. Default: false.
	VagrantfileTemplateGenerated bool `hcl:"vagrantfile_template_generated,optional"`
	// The architecture the box is for, such as "amd64" or "arm64", for Vagrant
	// 2.4 and later. Default: the box does not tell.
	Architecture string `hcl:"architecture,optional"`
}

// New makes the post-processor with its defaults.
func New(env postprocessors.Env) postprocessors.PostProcessor {
	return &Vagrant{Box: Box{Output: "packer_{{.BuildName}}_{{.Provider}}.box"}, env: env}
}

// KeepInput tells that the disk images are removed unless the template says
// otherwise.
func (v *Vagrant) KeepInput() (byDefault, forced bool) { return false, false }

// Validate reports bad options.
func (v *Vagrant) Validate() error {
	var errs []error
	switch p := v.ProviderOverride; p {
	case "", libvirt:
	case "aws", "azure", "digitalocean", "docker", "google", "hyperv", "lxc", "parallels", "scaleway", "virtualbox", "vmware":
		errs = append(errs, option.Later("provider_override", "Boxes for %q come later; those for \"libvirt\" can be made now.", p))
	default:
		errs = append(errs, option.Bad("provider_override", "%q is no provider of Vagrant's; use \"libvirt\".", p))
	}
	box := v.box()
	if l := box.level(); l < usual || l > archive.MaxLevel {
		blame := "compression_level"
		if v.Override[libvirt].CompressionLevel != nil {
			blame = "override"
		}
		errs = append(errs, option.Bad(blame, "%d is no level; use 1, fast, to %d, small, or 0 for none.", l, archive.MaxLevel))
	}
	if name, err := v.name(box, ""); err != nil {
		errs = append(errs, option.Bad("output", "%s.", err))
	} else if name == "" || strings.HasSuffix(name, "/") {
		errs = append(errs, option.Bad("output", "The box needs a name."))
	}
	if f := box.VagrantfileTemplate; f != "" && f != gotmpl.Unknown && !box.VagrantfileTemplateGenerated {
		if _, err := os.Stat(f); err != nil {
			errs = append(errs, option.Bad("vagrantfile_template",
				"%s; if it is made during the build, set vagrantfile_template_generated = true.", err))
		}
	}
	return errors.Join(errs...)
}

// level is the compression level, -1 for the usual one.
func (b Box) level() int {
	if b.CompressionLevel == nil {
		return usual
	}
	return *b.CompressionLevel
}

// box is what the box is made by: the options, and those for the provider.
func (v *Vagrant) box() Box {
	box, own := v.Box, v.Override[libvirt]
	if own.Output != "" {
		box.Output = own.Output
	}
	if own.CompressionLevel != nil {
		box.CompressionLevel = own.CompressionLevel
	}
	if own.Include != nil {
		box.Include = own.Include
	}
	if own.VagrantfileTemplate != "" {
		box.VagrantfileTemplate = own.VagrantfileTemplate
		box.VagrantfileTemplateGenerated = own.VagrantfileTemplateGenerated
	}
	if own.Architecture != "" {
		box.Architecture = own.Architecture
	}
	return box
}

// name is the box file to make.
func (v *Vagrant) name(box Box, id string) (string, error) {
	data := struct{ Provider, BuildName, ArtifactId, Architecture string }{libvirt, v.env.BuildName, id, box.Architecture}
	return gotmpl.Render(box.Output, data, gotmpl.Funcs{
		BuildName: v.env.BuildName, BuildType: v.env.BuilderType, Vars: v.env.Vars,
	})
}

// Process makes the box.
func (v *Vagrant) Process(ctx context.Context, in *artifact.Artifact, out *ui.UI) (*artifact.Artifact, error) {
	disks, err := v.disks(in)
	if err != nil {
		return nil, err
	}
	box := v.box()
	name, err := v.name(box, in.ID)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, err
	}
	if err := v.write(ctx, box, name, disks, in.Details["format"], out); err != nil {
		return nil, err
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	out.Say("Wrote %s", name)
	return &artifact.Artifact{
		Builder: builderID, ID: libvirt, Title: fmt.Sprintf("'%s' provider box: %s", libvirt, name), Files: []string{name},
		Details: map[string]string{"provider": libvirt, "size_bytes": strconv.FormatInt(info.Size(), 10)},
		Destroy: func(kept []string) error { return artifact.Remove([]string{name}, kept) },
	}, nil
}

// disks are the files of an artifact that are disks of its machine, the one it
// boots from first.
func (v *Vagrant) disks(in *artifact.Artifact) ([]string, error) {
	main := in.Details["disk"]
	if main == "" && v.ProviderOverride == "" {
		return nil, fmt.Errorf("boxes are made of the disk images of the qemu builder, and %q is none; other providers are not supported yet"+
			" (provider_override = \"libvirt\" takes the files for disk images)", in.Title)
	}
	if main == "" {
		if len(in.Files) == 0 {
			return nil, fmt.Errorf("%s has no files to make a box of", in.Title)
		}
		return in.Files, nil
	}
	disks := []string{main}
	for _, f := range in.Files {
		if n, ok := strings.CutPrefix(f, main+"-"); ok {
			if _, err := strconv.Atoi(n); err == nil { // as the qemu builder names further disks
				disks = append(disks, f)
			}
		}
	}
	return disks, nil
}

// Pure says whether the options and the artifact decide all that it does: with
// some it reads files.
func (v *Vagrant) Pure() bool {
	return len(v.Include) == 0 && v.VagrantfileTemplate == ""
}
