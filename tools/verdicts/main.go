// Command verdicts validates each case of templates/testdata/cases, and those of
// its own testdata, with packer 1.6.6 and with ovenbird, on the very same files,
// and compares whether they find the template valid. Differences that are meant
// stand in known.go, each with its reason; any other ends with exit code 1.
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
		fmt.Fprint(flag.CommandLine.Output(), "usage: verdicts [-v] [CASE ...]\n\nA CASE is the beginning of a name; without any, all cases are judged.\n\n")
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := run(ctx, flag.Args(), *verbose, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "verdicts:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, wanted []string, verbose bool, out io.Writer) (err error) {
	cases, err := readCases()
	if err != nil {
		return err
	}
	if len(wanted) > 0 {
		cases = slices.DeleteFunc(cases, func(c testcase) bool {
			return !slices.ContainsFunc(wanted, func(w string) bool { return strings.HasPrefix(c.name, w) })
		})
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
	results, err := j.all(ctx, cases)
	if err != nil {
		return err
	}
	report(out, results, verbose)
	if n := slices.IndexFunc(results, func(r result) bool { return r.kind == differs }); n >= 0 {
		return errors.New("verdicts differ; mend ovenbird, or say why in tools/verdicts/known.go and docs/packer.md")
	}
	if left := idle(results); len(wanted) == 0 && len(left) > 0 {
		return fmt.Errorf("known.go explains what no case shows: %q", left)
	}
	return nil
}

func readCases() ([]testcase, error) {
	var all []testcase
	for _, pattern := range []string{"templates/testdata/cases/*.txtar", "tools/verdicts/testdata/*.txtar"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				return nil, fmt.Errorf("reading cases: %w", err)
			}
			short := strings.TrimSuffix(filepath.Base(name), ".txtar")
			if strings.HasPrefix(pattern, "tools") {
				all = append(all, expand(short, archive)...)
			} else {
				all = append(all, parse(short, archive))
			}
		}
	}
	return all, nil
}

// all judges the cases, two at a time, and keeps their order.
func (j judges) all(ctx context.Context, cases []testcase) ([]result, error) {
	results, errs := make([]result, len(cases)), make([]error, len(cases))
	next := make(chan int)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for i := range next {
				results[i], errs[i] = j.one(ctx, cases[i])
			}
		})
	}
	for i := range cases {
		next <- i
	}
	close(next)
	workers.Wait()
	return results, errors.Join(errs...)
}

func (j judges) one(ctx context.Context, c testcase) (r result, err error) {
	r.name = c.name
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
