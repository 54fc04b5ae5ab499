// Package why tells what a build would do, step by step, and for what reason.
// It starts no machine.
package why

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/pipeline/memory"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/templates"
)

// What may become of a step, or of the artifact.
const (
	Remembered ui.State = "remembered" // not done again
	Runs       ui.State = "runs"
)

// artifactTitle is what the last line of a build is about.
const artifactTitle = "artifact"

// Line is what a build would do in one of its steps.
type Line struct {
	Number  int // 0 is the boot, provisioners count from 1, -1 is the artifact
	Title   string
	State   ui.State
	Reasons []string // the first one is the main one
	Inputs  []string // what the step depends on, as far as it can be told
}

// Build tells what one build would do. What happens on the way, such as a
// damaged machine, is told to out.
func Build(ctx context.Context, b *templates.Build, o memory.Options, out *ui.UI) ([]Line, error) {
	lines := []Line{{Title: memory.Boot}}
	for i, s := range b.Provisioners {
		lines = append(lines, Line{Number: i + 1, Title: memory.StepName("provisioner", s.Type, s.Name)})
	}
	m, why, err := memory.Known(ctx, b, o, out)
	if err != nil {
		return nil, err
	}
	if m == nil {
		for i := range lines {
			lines[i].State, lines[i].Reasons = Runs, []string{why}
		}
		return append(lines, Line{Number: -1, Title: artifactTitle, State: Runs, Reasons: []string{"it is made of what runs"}}), nil
	}
	for i, s := range m.Steps {
		lines[i].Inputs = inputs(s)
	}
	left, why := m.Left(ctx, b)
	if left != nil {
		_, kept, err := m.Deepest(func(err error) { out.Warn("%s", err.Error()) })
		if err != nil {
			return nil, err
		}
		_, keeps := b.Builder.(builders.Resumer)
		for i := range m.Steps {
			lines[i].State, lines[i].Reasons = Remembered, []string{"in the artifact, " + memory.Age(left.Ran[i]) + " old"}
			if keeps && i > kept {
				lines[i].Reasons[0] += "; no machine is kept"
			}
		}
		return append(lines, standing(b, left)), nil
	}
	if err := steps(m, b, o, lines, out); err != nil {
		return nil, err
	}
	return append(lines, baked(b, lines, why)), nil
}

// inputs are the names of a step's facts.
func inputs(s memory.Remembered) []string {
	var all []string
	for _, f := range s.Facts {
		if !slices.Contains(all, f.Name) {
			all = append(all, f.Name)
		}
	}
	return all
}

// standing tells of an artifact that is still good.
func standing(b *templates.Build, left *memory.Left) Line {
	line := Line{Number: -1, Title: artifactTitle, State: Remembered}
	age := memory.Age(left.Baked.Made)
	if left.Whole {
		line.Reasons = []string{"nothing has changed, " + age + " old"}
		return line
	}
	line.Reasons = []string{fmt.Sprintf("the image is as it was made, %s old; post-processors run on it", age)}
	return line
}

// baked tells of an artifact that is to be made.
func baked(b *templates.Build, lines []Line, why string) Line {
	line := Line{Number: -1, Title: artifactTitle, State: Runs, Reasons: []string{why}}
	if slices.ContainsFunc(lines, func(l Line) bool { return l.State == Runs }) {
		line.Reasons = []string{"a step runs"}
	}
	if c, ok := b.Builder.(builders.Checker); ok {
		if err := c.Check(); err != nil {
			line.Reasons = append(line.Reasons, "but a build would refuse: "+err.Error())
		}
	}
	return line
}

// steps says which steps are remembered, and why the others are not.
func steps(m *memory.Memory, b *templates.Build, o memory.Options, lines []Line, out *ui.UI) error {
	chain, at, err := m.Find(func(err error) { out.Warn("%s", err.Error()) })
	if err != nil {
		return err
	}
	past, err := newPast(m.Store, b.ID, o.Template)
	if err != nil {
		return err
	}
	var old *checkpoint.Checkpoint
	for i := range lines {
		switch {
		case i <= at:
			lines[i].State, lines[i].Reasons = Remembered, []string{age(m, chain, i)}
			continue
		case i == len(m.Steps):
			why, _ := strings.CutPrefix(m.Unnamed, lines[i].Title+": ")
			lines[i].Reasons = []string{"cannot be remembered: " + why}
		case i > len(m.Steps):
			lines[i].Reasons = []string{"a step before it runs"}
		case i == at+1:
			lines[i].Reasons, old, err = first(m, i, past)
		default:
			lines[i].Reasons, old, err = later(m.Steps[i], old, past)
		}
		if err != nil {
			return err
		}
		lines[i].State = Runs
	}
	return nil
}

// age tells when the machine was made that stands for a step.
func age(m *memory.Memory, chain []*checkpoint.Checkpoint, i int) string {
	for _, c := range chain {
		if slices.ContainsFunc(m.Steps[i:], func(s memory.Remembered) bool { return s.Key == c.Key }) {
			return memory.Age(c.Made) + " old"
		}
	}
	return ""
}

// first says why the first step that runs does. Old is the machine that it was
// compared with, or nil.
func first(m *memory.Memory, i int, p *past) (reasons []string, old *checkpoint.Checkpoint, err error) {
	this := m.Steps[i]
	chain, err := m.Store.Chain(this.Key)
	if err != nil || chain != nil {
		if s := m.Stale(chain); err == nil && s >= 0 {
			c := chain[len(chain)-1]
			return []string{m.Steps[s].Old(c.Made.Add(-c.Took))}, c, nil
		}
		return []string{"what was remembered cannot be used"}, nil, nil //nolint:nilerr // it has been told
	}
	parent := ""
	if i > 0 {
		parent = m.Steps[i-1].Key
	}
	if old, err = p.find(this.Title, parent, i); err != nil {
		return nil, nil, err
	}
	if old == nil {
		return []string{"never baked, or not remembered any more"}, nil, nil
	}
	if reasons = changes(old, this); reasons == nil {
		reasons = []string{"it did not run after these steps before"}
	}
	return reasons, old, nil
}

// later says why a step runs that comes after one that does.
func later(this memory.Remembered, before *checkpoint.Checkpoint, p *past) (reasons []string, old *checkpoint.Checkpoint, err error) {
	reasons = []string{"a step before it runs"}
	if before == nil {
		return reasons, nil, nil
	}
	if old, err = p.child(before.Key); err != nil || old == nil {
		return reasons, nil, err
	}
	return append(reasons, changes(old, this)...), old, nil
}
