package templates

import (
	"context"
	"errors"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/postprocessors"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// components are the fakes that the cases name.
func components() Components {
	return Components{
		Builders: map[string]func(builders.Env) builders.Builder{
			"fake":     func(e builders.Env) builders.Builder { return newFake(e) },
			"amazon-x": func(e builders.Env) builders.Builder { return newFake(e) },
		},
		Provisioners: map[string]func(provisioners.Env) provisioners.Provisioner{
			"shell": func(provisioners.Env) provisioners.Provisioner {
				return &fakeShell{ExecuteCommand: "sh {{ .Path }}"}
			},
		},
		DataSources: dataSources(),
		PostProcessors: map[string]func(postprocessors.Env) postprocessors.PostProcessor{
			"manifest": func(postprocessors.Env) postprocessors.PostProcessor { return &fakePost{Output: "manifest.json"} },
			"compress": func(postprocessors.Env) postprocessors.PostProcessor { return &fakePost{} },
		},
	}
}

type fakeSSH struct {
	Username string        `hcl:"ssh_username,optional" json:",omitempty"`
	Timeout  time.Duration `hcl:"ssh_timeout,optional"`
	Port     int           `hcl:"ssh_port,optional"`
}

type fakeDisk struct {
	Size string            `hcl:"size"`
	Tags map[string]string `hcl:"tags,optional" json:",omitempty"`
}

type fakeSeal struct {
	Keep []string `hcl:"keep,optional"`
	Trim bool     `hcl:"trim,optional"`
}

type fakeBuilder struct {
	Identity string

	SSH      fakeSSH           `hcl:",remain"`
	Memory   int               `hcl:"memory,optional"`
	Image    string            `hcl:"image,optional" json:",omitempty"`
	From_    string            `hcl:"from,optional" json:"From,omitempty"`
	Headless *bool             `hcl:"headless,optional" json:",omitempty"`
	Args     [][]string        `hcl:"qemuargs,optional" template:"late" json:",omitempty"`
	Tags     map[string]string `hcl:"tags,optional" json:",omitempty"`
	Disks    []*fakeDisk       `hcl:"disk,block" json:",omitempty"`
	Seal     *fakeSeal         `hcl:"seal,block"`
}

func newFake(e builders.Env) *fakeBuilder {
	return &fakeBuilder{Identity: e.Build + " in " + e.Root, Memory: 512, Seal: &fakeSeal{Trim: true}}
}

func (b *fakeBuilder) Boot(context.Context, *ui.UI) (builders.Machine, error) { return nil, nil }
func (b *fakeBuilder) From() string                                           { return b.From_ }
func (b *fakeBuilder) Rebase(*artifact.Artifact)                              {}
func (b *fakeBuilder) Guestless() bool                                        { return b.Image == "folder" }

func (b *fakeBuilder) Deferred() map[string]string {
	return map[string]string{"boot_command": "Start from a disk image instead: set from."}
}

func (b *fakeBuilder) Warnings() []string {
	if b.Memory < 64 {
		return []string{"memory is very small. Most systems do not boot with it."}
	}
	return nil
}

func (b *fakeBuilder) Validate() error {
	var errs []error
	if b.Image == "bad" {
		errs = append(errs, option.Bad("image", "%q is bad; use a good one.", b.Image))
	}
	if b.Memory < 0 {
		errs = append(errs, option.Bad("memory", "It cannot be negative."))
	}
	if b.Image == "" && b.From_ == "" {
		errs = append(errs, option.Bad("", "Set image or from."))
	}
	return errors.Join(errs...)
}

type fakeShell struct {
	Inline         []string          `hcl:"inline,optional"`
	Env            map[string]string `hcl:"env,optional" json:",omitempty"`
	ExecuteCommand string            `hcl:"execute_command,optional" template:"late"`
}

func (s *fakeShell) Provision(context.Context, guest.Guest, *ui.UI) error { return nil }

func (s *fakeShell) Validate() error {
	if len(s.Inline) == 0 {
		return option.Bad("inline", "Set inline.")
	}
	return nil
}

type fakePost struct {
	Output string            `hcl:"output,optional"`
	Custom map[string]string `hcl:"custom_data,optional" json:",omitempty"`
}

func (p *fakePost) Process(_ context.Context, in *artifact.Artifact, _ *ui.UI) (*artifact.Artifact, error) {
	return in, nil
}

func (p *fakePost) Pure() bool { return true }
