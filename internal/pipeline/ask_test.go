package pipeline

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/templates"
)

// TestAskAndGoBack has the step "bad" fail after x; then the template is what it
// says, and is baked again.
func TestAskAndGoBack(t *testing.T) {
	fails := func(context.Context) error { return errBoom }
	steps := func(lines string) (all []*templates.Step) {
		for line := range strings.FieldsSeq(lines) {
			if line == "bad" {
				all = append(all, does(line, fails))
				continue
			}
			all = append(all, does(line))
		}
		return all
	}
	for _, c := range []struct {
		name, answers string
		reload        string // the steps as they are read anew; "" is that they cannot be read
		off           bool   // nothing is remembered
		resumeErr     error
		went, again   string
		told          string
	}{
		{"the step is mended", "r", "x good y", false, nil, "boot:a run:x run:bad close:a resume:boot+x run:good run:y seal:a close:a", "resume:boot+x+good+y seal:a close:a", "as it was before the step"},
		{"it fails once more", "rc", "x bad y", false, nil, "boot:a run:x run:bad close:a resume:boot+x run:bad close:a", "", ""},
		{"there are fewer steps", "r", "x good", false, nil, "boot:a run:x run:bad close:a resume:boot+x run:good seal:a close:a", "resume:boot+x+good seal:a close:a", ""},
		{"it is gone", "rc", "x", false, nil, "boot:a run:x run:bad close:a", "", "no such step any more"},
		{"what ran has changed", "r", "X good y", false, nil, "boot:a run:x run:bad close:a resume:boot+x run:good run:y seal:a close:a", "resume:boot run:X run:good run:y seal:a close:a", "it stays as it ran"},
		{"the template is broken", "rc", "", false, nil, "boot:a run:x run:bad close:a", "", "cannot be read"},
		{"nothing is remembered", "r", "x good y", true, nil, "boot:a run:x run:bad run:good run:y seal:a close:a", "boot:a run:x run:good run:y seal:a close:a", ""},
		{"the machine does not start again", "r", "x good y", false, errors.New("no way back"), "boot:a run:x run:bad close:a resume:boot+x", "", "no way back"},
		{"a shell", "sc", "", false, nil, "boot:a run:x run:bad shell close:a", "", ""},
		{"a shell that fails", "sr", "x good y", false, nil, "boot:a run:x run:bad shell close:a resume:boot+x run:good run:y seal:a close:a", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := newBakery(t)
			b, k := y.build("a", steps("x bad y")...)
			b.Cache.Off = c.off
			k.resumeErr = map[string]error{"boot+x": c.resumeErr}
			answers := c.answers
			y.options.OnError = Ask
			y.options.Ask = func(context.Context, string) string {
				answer := answers[:1]
				answers = answers[1:]
				return answer
			}
			y.options.Shell = func(_ context.Context, g guest.Guest) error {
				y.note("shell")
				return &guest.ExitError{Status: 3}
			}
			y.options.Reload = func(context.Context, string) (*templates.Build, []string, error) {
				if c.reload == "" {
					return nil, nil, errors.New("the template cannot be read")
				}
				fresh, _ := y.build("a", steps(c.reload)...)
				return fresh, nil, nil
			}
			res := y.bake(t.Context(), b)[0]
			y.went(c.went)
			if c.told != "" {
				y.told(c.told, 1)
			}
			if well := strings.Contains(c.went, "seal"); (res.Err == nil) != well {
				t.Errorf("error %v", res.Err)
			}
			if c.again == "" {
				return
			}
			b, _ = y.build("a", steps(c.reload)...)
			y.must(b)
			y.went(c.again)
		})
	}
}
