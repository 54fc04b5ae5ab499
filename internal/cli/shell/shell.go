// Package shell lets a person work in a machine that is remembered. It is a
// branch of that machine: nothing that is done there is kept.
package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/flags"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/pipeline/memory"
	"github.com/ovenbird-io/ovenbird/internal/tty"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/templates"
)

// closeTimeout bounds the clean-up, also after an interrupt.
const closeTimeout = time.Minute

// Options say which machine, and who works in it.
type Options struct {
	memory.Options
	At     string // the step after which it was kept; "" is the last one that is remembered
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Term   string // what the terminal calls itself
}

// Open runs a shell in the machine of the one build that is meant, or the
// commands of an input that is no terminal. A shell that ended with another
// status than 0 is a *guest.ExitError.
func Open(ctx context.Context, builds []*templates.Build, o Options, root *ui.Root) (err error) {
	b, err := one(builds)
	if err != nil {
		return err
	}
	out := root.Aside(b.ID)
	resumer, ok := b.Builder.(builders.Resumer)
	if !ok {
		return fmt.Errorf("%s: the machines of %s sources are not remembered", b.ID, b.Type)
	}
	m, why, err := memory.Known(ctx, b, o.Options, out)
	if err != nil {
		return fmt.Errorf("%s: %w", b.ID, err)
	}
	if m == nil {
		return fmt.Errorf("%s: no machine is remembered: %s", b.ID, why)
	}
	chain, err := choose(ctx, b, m, o, out)
	if err != nil {
		return err
	}
	release, err := m.Store.Hold(chain)
	if err != nil {
		return err
	}
	defer release()
	top := chain[len(chain)-1]
	out.Say("the machine as it was after %s, %s ago; nothing that is done in it is kept", called(m, top), memory.Age(top.Made))
	resumer.Remember(m.Store)
	machine, err := resumer.Resume(ctx, chain, out)
	if err != nil {
		return fmt.Errorf("%s: %w", b.ID, err)
	}
	defer func() {
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		if closeErr := machine.Close(clean); err == nil && closeErr != nil {
			err = fmt.Errorf("%s: clean-up: %w", b.ID, closeErr)
		}
	}()
	g, err := machine.Guest(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", b.ID, err)
	}
	return work(ctx, g, o)
}

// one is the build that is meant.
func one(builds []*templates.Build) (*templates.Build, error) {
	var asked []*templates.Build
	var names []string
	for _, b := range builds {
		if !b.Implicit {
			asked, names = append(asked, b), append(names, b.ID)
		}
	}
	switch len(asked) {
	case 0:
		return nil, flags.Misuse("there is no build to have a machine")
	case 1:
		return asked[0], nil
	}
	return nil, flags.Misuse("there are several builds; choose one with -only: %s", strings.Join(names, ", "))
}

// called is the step that a machine was kept after, with its number.
func called(m *memory.Memory, c *checkpoint.Checkpoint) string {
	i := slices.IndexFunc(m.Steps, func(s memory.Remembered) bool { return s.Key == c.Key })
	if i <= 0 {
		return c.Title
	}
	return fmt.Sprintf("step %d, %s", i, c.Title)
}

// choose finds the machine.
func choose(ctx context.Context, b *templates.Build, m *memory.Memory, o Options, out *ui.UI) ([]*checkpoint.Checkpoint, error) {
	if o.At == "" {
		chain, _, err := m.Deepest(func(err error) { out.Warn("%s", err.Error()) })
		if err != nil || chain != nil {
			return chain, err
		}
		if left, _ := m.Left(ctx, b); left != nil {
			return nil, fmt.Errorf("%s: no machine is remembered, only the artifact; \"ovenbird build -refresh boot -force %s\" makes both anew", b.ID, o.Template)
		}
		return nil, fmt.Errorf("%s: no machine is remembered; one is kept after each step of \"ovenbird build %s\"", b.ID, o.Template)
	}
	if err := memory.Check([]*templates.Build{b}, o.At); err != nil {
		return nil, err
	}
	steps := memory.Match(b, o.At)
	if len(steps) > 1 {
		return nil, flags.Misuse("-at: %q means %d steps; give the number of one: %s", o.At, len(steps), strings.Trim(fmt.Sprint(steps), "[]"))
	}
	if steps[0] >= len(m.Steps) {
		return nil, fmt.Errorf("%s: there is no machine as it was after step %s: %s", b.ID, o.At, m.Unnamed)
	}
	chain, err := m.Store.Chain(m.Steps[steps[0]].Key)
	if err == nil && chain == nil {
		err = fmt.Errorf("%s: the machine as it is after step %s is not remembered; \"ovenbird why %s\" tells what is", b.ID, o.At, o.Template)
	}
	return chain, err
}

// work runs the shell.
func work(ctx context.Context, g guest.Guest, o Options) error {
	if g == nil {
		return errors.New("the machine takes no commands")
	}
	if tty.Is(o.Stdin) {
		return tty.Shell(ctx, g, o.Stdin.(*os.File), o.Stdout, o.Term)
	}
	return g.Run(ctx, guest.Command{Line: "exec $SHELL", Stdin: o.Stdin, Stdout: o.Stdout, Stderr: o.Stderr})
}
