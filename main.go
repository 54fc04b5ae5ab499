// Ovenbird bakes machine images from templates.
package main

import (
	"context"
	"os"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/builders/debootstrap"
	"github.com/ovenbird-io/ovenbird/builders/ebs"
	filebuilder "github.com/ovenbird-io/ovenbird/builders/file"
	nullbuilder "github.com/ovenbird-io/ovenbird/builders/null"
	"github.com/ovenbird-io/ovenbird/builders/qemu"
	"github.com/ovenbird-io/ovenbird/internal/amazon/secrets"
	"github.com/ovenbird-io/ovenbird/internal/cli"
	"github.com/ovenbird-io/ovenbird/internal/datasource"
	"github.com/ovenbird-io/ovenbird/internal/datasource/amazonami"
	"github.com/ovenbird-io/ovenbird/internal/datasource/amazonparameterstore"
	"github.com/ovenbird-io/ovenbird/internal/datasource/amazonsecretsmanager"
	"github.com/ovenbird-io/ovenbird/internal/datasource/external"
	"github.com/ovenbird-io/ovenbird/internal/datasource/http"
	nulldata "github.com/ovenbird-io/ovenbird/internal/datasource/null"
	"github.com/ovenbird-io/ovenbird/internal/datasource/sshkey"
	"github.com/ovenbird-io/ovenbird/internal/signals"
	"github.com/ovenbird-io/ovenbird/postprocessors"
	amazonpost "github.com/ovenbird-io/ovenbird/postprocessors/amazon-ami"
	"github.com/ovenbird-io/ovenbird/postprocessors/artifice"
	"github.com/ovenbird-io/ovenbird/postprocessors/checksum"
	"github.com/ovenbird-io/ovenbird/postprocessors/compress"
	"github.com/ovenbird-io/ovenbird/postprocessors/manifest"
	localpost "github.com/ovenbird-io/ovenbird/postprocessors/shell-local"
	"github.com/ovenbird-io/ovenbird/postprocessors/vagrant"
	"github.com/ovenbird-io/ovenbird/provisioners"
	"github.com/ovenbird-io/ovenbird/provisioners/ansible"
	ansiblelocal "github.com/ovenbird-io/ovenbird/provisioners/ansible-local"
	"github.com/ovenbird-io/ovenbird/provisioners/breakpoint"
	"github.com/ovenbird-io/ovenbird/provisioners/file"
	"github.com/ovenbird-io/ovenbird/provisioners/powershell"
	salt "github.com/ovenbird-io/ovenbird/provisioners/salt-masterless"
	"github.com/ovenbird-io/ovenbird/provisioners/shell"
	shelllocal "github.com/ovenbird-io/ovenbird/provisioners/shell-local"
	"github.com/ovenbird-io/ovenbird/provisioners/sleep"
	windowsrestart "github.com/ovenbird-io/ovenbird/provisioners/windows-restart"
	windowsshell "github.com/ovenbird-io/ovenbird/provisioners/windows-shell"
	"github.com/ovenbird-io/ovenbird/templates"
)

var version = "dev" // set by the linker

// components is everything a template can name.
func components() templates.Components {
	return templates.Components{
		Builders: map[string]func(builders.Env) builders.Builder{
			"amazon-ebs":  ebs.New,
			"debootstrap": debootstrap.New,
			"file":        filebuilder.New,
			"null":        nullbuilder.New,
			"qemu":        qemu.New,
		},
		Provisioners: map[string]func(provisioners.Env) provisioners.Provisioner{
			"ansible":         ansible.New,
			"ansible-local":   ansiblelocal.New,
			"breakpoint":      breakpoint.New,
			"file":            file.New,
			"powershell":      powershell.New,
			"salt-masterless": salt.New,
			"shell":           shell.New,
			"shell-local":     shelllocal.New,
			"sleep":           sleep.New,
			"windows-restart": windowsrestart.New,
			"windows-shell":   windowsshell.New,
		},
		PostProcessors: map[string]func(postprocessors.Env) postprocessors.PostProcessor{
			"amazon-ami":  amazonpost.New,
			"artifice":    artifice.New,
			"checksum":    checksum.New,
			"compress":    compress.New,
			"manifest":    manifest.New,
			"shell-local": localpost.New,
			"vagrant":     vagrant.New,
		},
		DataSources: map[string]func(datasource.Env) datasource.Source{
			"amazon-ami":            amazonami.New,
			"amazon-parameterstore": amazonparameterstore.New,
			"amazon-secretsmanager": amazonsecretsmanager.New,
			"external":              external.New,
			"http":                  http.New,
			"null":                  nulldata.New,
			"sshkey":                sshkey.New,
		},
		Secret: secrets.New().Value,
	}
}

func main() {
	ctx := signals.Context(context.Background(), func() { os.Exit(cli.ExitInterrupted) })
	env := cli.Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Version: version}
	os.Exit(cli.Main(ctx, os.Args[1:], env, components()))
}
