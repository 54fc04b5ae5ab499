// Ovenbird bakes machine images from templates.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

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
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // a reader that went away must not keep us from cleaning up
	go func() {
		cancel(fmt.Errorf("interrupted by signal: %s", <-signals))
		<-signals
		os.Exit(cli.ExitInterrupted)
	}()
	os.Exit(cli.Main(ctx, os.Args[1:], cli.Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Version: version,
	}, components()))
}
