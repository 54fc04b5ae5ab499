// Command verdicts validates each case of templates/testdata/cases with packer
// 1.6.6 and with ovenbird, on the very same files, and compares whether they
// find the template valid. Differences that are meant stand in known.go, each
// with its reason; any other ends with exit code 1.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/tools/txtar"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	verbose := flag.Bool("v", false, "show also what the programs say where they agree")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), "usage: verdicts [-v] [case.txtar ...]\n\nWithout cases: all of templates/testdata/cases.\n\n")
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := run(ctx, flag.Args(), *verbose, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "verdicts:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, names []string, verbose bool, out io.Writer) (err error) {
	all := len(names) == 0
	if all {
		if names, err = filepath.Glob("templates/testdata/cases/*.txtar"); err != nil {
			return err
		}
	}
	program, err := exec.LookPath(packer)
	if err != nil {
		return fmt.Errorf("looking for packer, of the Debian package with that name: %w", err)
	}
	dir, err := os.MkdirTemp("", "ovenbird-verdicts-")
	if err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	j := judges{dir: dir, packer: program, ovenbird: filepath.Join(dir, ovenbird), patience: 2 * time.Minute}
	build := exec.CommandContext(ctx, "go", "build", "-o", j.ovenbird, ".")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building ovenbird: %w", err)
	}
	results, err := j.all(ctx, names)
	if err != nil {
		return err
	}
	report(out, results, verbose)
	if n := slices.IndexFunc(results, func(r result) bool { return r.kind == differs }); n >= 0 {
		return errors.New("verdicts differ; mend ovenbird, or say why in tools/verdicts/known.go and docs/packer.md")
	}
	if left := idle(results); all && len(left) > 0 {
		return fmt.Errorf("known.go explains what no case shows: %q", left)
	}
	return nil
}

// all judges the cases, two at a time, and keeps their order.
func (j judges) all(ctx context.Context, names []string) ([]result, error) {
	results, errs := make([]result, len(names)), make([]error, len(names))
	next := make(chan int)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for i := range next {
				results[i], errs[i] = j.one(ctx, names[i])
			}
		})
	}
	for i := range names {
		next <- i
	}
	close(next)
	workers.Wait()
	return results, errors.Join(errs...)
}

func (j judges) one(ctx context.Context, name string) (result, error) {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		return result{}, fmt.Errorf("reading a case: %w", err)
	}
	c := parse(strings.TrimSuffix(filepath.Base(name), ".txtar"), archive)
	r := result{name: c.name}
	if r.why = c.incomparable(); r.why != "" {
		r.kind = incomparable
		return r, nil
	}
	if r.packer, err = j.ask(ctx, j.packer, c); err == nil {
		r.ovenbird, err = j.ask(ctx, j.ovenbird, c)
	}
	if err != nil {
		return result{}, fmt.Errorf("judging %s: %w", c.name, err)
	}
	r.kind, r.why = compare(r.packer, r.ovenbird)
	return r, nil
}
