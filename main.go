// Ovenbird bakes machine images from templates.
package main

import (
	"context"
	"os"

	"github.com/ovenbird-io/ovenbird/internal/cli"
	"github.com/ovenbird-io/ovenbird/templates"
)

var version = "dev" // set by the linker

// components is everything a template can name.
func components() templates.Components {
	return templates.Components{
		// "qemu": func(e builders.Env) builders.Builder { return qemu.New(e) }, and so on
	}
}

func main() {
	ctx := cli.WithSignals(context.Background(), os.Exit)
	env := cli.Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Version: version}
	os.Exit(cli.Main(ctx, os.Args[1:], env, components()))
}
