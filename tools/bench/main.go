// Command bench bakes one template with ovenbird and with packer, alternately,
// and prints wall times and ratios. BENCH_ROUNDS (1) says how often, BENCH_BASE
// names a base disk to use instead of baking one, BENCH_PACKER another packer.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	ovenbird, err := filepath.Abs("ovenbird")
	if err != nil {
		return err
	}
	template, err := filepath.Abs("tools/bench/template.pkr.hcl")
	if err != nil {
		return err
	}
	other := filepath.Join(filepath.Dir(template), "other.pkr.hcl")
	dir, err := os.MkdirTemp("", "ovenbird-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	base, err := prepare(ctx, dir, ovenbird)
	if err != nil {
		return err
	}
	tools := []tool{{name: "ovenbird", path: ovenbird, cold: []string{"build", "-no-cache"}}}
	if path, err := exec.LookPath(or(os.Getenv("BENCH_PACKER"), "packer")); err == nil {
		tools = append(tools, tool{name: "packer", path: path, cold: []string{"build"}})
	} else {
		fmt.Println("bench: no packer here to compare with; on Debian 12: apt-get install --no-install-recommends packer")
	}
	rounds, err := strconv.Atoi(or(os.Getenv("BENCH_ROUNDS"), "1"))
	if err != nil {
		return fmt.Errorf("reading BENCH_ROUNDS: %w", err)
	}
	results := map[string][]times{}
	var with []remembered
	out := filepath.Join(dir, "out")
	args := []string{"-var", "base=" + base, "-var", "dir=" + dir, "-var", "out=" + out, template}
	for i := range rounds {
		for _, t := range tools {
			got, err := t.bake(ctx, dir, append(t.cold, args...)...)
			if err != nil {
				return err
			}
			fmt.Printf("bench: round %d, %-8s %s\n", i+1, t.name, got)
			results[t.name] = append(results[t.name], got)
			if err := os.RemoveAll(out); err != nil {
				return err
			}
		}
		r, err := tools[0].remember(ctx, dir, out, args, other)
		if err != nil {
			return err
		}
		fmt.Printf("bench: round %d, remembering: cold %s, nothing changed %.2f s, last step %.1f s, other template %.1f s\n",
			i+1, r.cold, r.nothing.Seconds(), r.last.Seconds(), r.fresh.Seconds())
		with = append(with, r)
		if err := os.RemoveAll(out); err != nil {
			return err
		}
	}
	fmt.Print(report(results["ovenbird"], results["packer"]))
	fmt.Print(reportMemory(results["ovenbird"], results["packer"], with))
	return nil
}

// tool is one of the two competitors.
type tool struct {
	name, path string
	cold       []string // what bakes everything
	env        []string
}

// bake runs the tool to its end and reads the steps off its output.
func (t tool) bake(ctx context.Context, dir string, args ...string) (times, error) {
	cmd := exec.CommandContext(ctx, t.path, args...)
	cmd.Dir = dir
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Env = append(os.Environ(), "CHECKPOINT_DISABLE=1", "PACKER_CACHE_DIR="+filepath.Join(dir, "cache"), "PACKER_NO_COLOR=1")
	cmd.Env = append(cmd.Env, t.env...)
	log := &clock{seen: map[string]time.Time{}}
	cmd.Stdout, cmd.Stderr = log, log
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return times{}, fmt.Errorf("running %s: %w\n%s", t.name, err, log.text.String())
	}
	got := log.times()
	got.whole, got.first = time.Since(began), log.at("nginx").Sub(began)
	return got, nil
}

func or(value, otherwise string) string {
	if value != "" {
		return value
	}
	return otherwise
}
