// Command verdicts validates each case of templates/testdata/cases with packer
// and compares its verdict with the one that the case wants. The toy components
// of the cases become packer's null builder, so only cases whose options both
// have are compared. A line "packer: differs: WHY" in a case explains a known
// difference.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/tools/txtar"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "verdicts:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	names, err := filepath.Glob("templates/testdata/cases/*.txtar")
	if err != nil {
		return err
	}
	same, known, differ := 0, 0, 0
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			return err
		}
		comment := string(archive.Comment)
		_, why, explained := strings.Cut(comment, "packer: differs: ")
		text, ok, err := verdict(ctx, archive)
		switch wants := wanted(archive); {
		case err != nil:
			return err
		case ok == wants:
			same++
		case explained:
			known++
			fmt.Printf("known   %s: %s\n", filepath.Base(name), strings.TrimSpace(why))
		default:
			differ++
			fmt.Printf("DIFFERS %s: we say valid=%t, packer valid=%t: %s\n", filepath.Base(name), wants, ok, text)
		}
	}
	fmt.Printf("%d the same, %d known to differ, %d differ\n", same, known, differ)
	if differ > 0 {
		return errors.New("verdicts differ")
	}
	return nil
}

// wanted tells whether the case is a valid template to us.
func wanted(a *txtar.Archive) bool {
	for _, f := range a.Files {
		if f.Name == "want" {
			return !regexp.MustCompile(`(?m)^Error: `).Match(f.Data)
		}
	}
	return false
}

// verdict is packer's, with the first line it says of an error.
func verdict(ctx context.Context, a *txtar.Archive) (text string, ok bool, err error) {
	dir, err := os.MkdirTemp("", "ovenbird-verdicts-")
	if err != nil {
		return "", false, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	toys := strings.NewReplacer(`"fake"`, `"null"`, "fake.", "null.", `"fkae"`, `"nlul"`, `image = "i"`, `communicator = "none"`,
		`"image": "i"`, `"communicator": "none"`)
	for _, f := range a.Files {
		if f.Name == "want" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name), []byte(toys.Replace(string(f.Data))), 0o600); err != nil {
			return "", false, err
		}
	}
	args := []string{"validate"}
	env := append(os.Environ(), "CHECKPOINT_DISABLE=1")
	for line := range strings.Lines(string(a.Comment)) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "-var", "-var-file", "-only", "-except":
			args = append(args, word+"="+toys.Replace(rest))
		case "env":
			env = append(env, rest)
		}
	}
	cmd := exec.CommandContext(ctx, "packer", append(args, ".")...)
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return "", false, fmt.Errorf("running packer: %w", err)
	}
	first, _, _ := bytes.Cut(bytes.TrimSpace(out), []byte("\n"))
	return string(first), err == nil, nil
}
