package ui

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestSecretsLearntLater(t *testing.T) {
	_, stderr := record(Options{}, func(r *Root, _ *clock) {
		u := r.For("b")
		u.Say("password s3cret")
		u.Part("shell").Hide("s3cret")
		u.Say("password s3cret")
		r.For("c").Say("password s3cret, 100%% of it")
	})
	want := "==> b: password s3cret\n==> b: password <sensitive>\n==> c: password <sensitive>, 100%% of it\n"
	if stderr != want {
		t.Errorf("got %q, want %q", stderr, want)
	}
}

func TestSecretSplitByColorCodes(t *testing.T) {
	_, stderr := record(Options{}, func(r *Root, _ *clock) {
		r.Hide("s3cret")
		r.For("b").Detail("found \x1b[31ms3c\x1b[0mret")
	})
	if want := "    b: found <sensitive>\n"; stderr != want {
		t.Errorf("got %q, want %q", stderr, want)
	}
}

// kept is a sink that keeps the events.
type kept struct{ events []Event }

func (k *kept) Event(e Event) { k.events = append(k.events, e) }

func (k *kept) text() string {
	if k == nil {
		return ""
	}
	return fmt.Sprintf("%+v", k.events)
}

func TestEveryFieldIsRedacted(t *testing.T) {
	for name, sink := range map[string]*kept{"text": nil, "events": {}} {
		o := Options{}
		if sink != nil {
			o.Sink = sink
		}
		stdout, stderr := record(o, func(r *Root, c *clock) {
			r.Hide("s3cret")
			u := r.For("b")
			done := u.Step("step s3cret")
			p := u.Progress("https://u:s3cret@host/disk", 10)
			c.forward(time.Minute)
			p.Add(5)
			_ = p.Close()
			done()
			u.Warn("s3cret")
			u.Error("%s", "s3cret")
			r.Warn("s3cret")
			r.Skipped("b", "s3cret")
			r.Finished("b", Failed, time.Minute)
			r.Summary()
			r.Diagnostic(Problem{Severity: "error", Summary: "s3cret", Detail: "s3cret", Text: "Error: s3cret"})
			r.Result("s3cret")
			r.Debug("s3cret")
			r.Fact("name", "s3cret")
			r.Check(Check{Name: "tool", Found: "s3cret", Fix: "s3cret"}, "s3cret")
			r.Failure("b", Problem{Severity: "error", Summary: "s3cret", Text: "s3cret"})
		})
		if all := stdout + stderr + sink.text(); strings.Contains(all, "s3cret") || strings.Count(all, "<sensitive>") < 9 {
			t.Errorf("%s:\n%s", name, all)
		}
	}
}

func TestHowBuildsEnd(t *testing.T) {
	_, stderr := record(Options{}, func(r *Root, _ *clock) {
		r.Finished("a", Done, time.Second)
		r.Finished("b", Failed, 2*time.Second)
		r.Finished("c", Cancelled, 3*time.Second)
		r.Skipped("d", "b was not built")
		r.Summary() // no steps, no summary
	})
	want := "Build 'a' finished after 1 second.\nBuild 'b' errored after 2 seconds.\n" +
		"Build 'c' was cancelled after 3 seconds.\nBuild 'd' was not started: b was not built.\n"
	if stderr != want {
		t.Errorf("got %q, want %q", stderr, want)
	}
}

func TestSummaryOfSeveralBuilds(t *testing.T) {
	_, stderr := record(Options{}, func(r *Root, c *clock) {
		a, b := r.For("first"), r.For("second")
		for _, s := range []struct {
			u    *UI
			name string
			took time.Duration
		}{{b, "boot", 30 * time.Second}, {a, "boot", 10 * time.Second}, {a.Part("x"), "seal", 30 * time.Second}} {
			done := s.u.Step(s.name)
			c.forward(s.took)
			done()
		}
		r.Finished("first", Done, 40*time.Second)
		r.Finished("second", Failed, 0)
		r.Summary()
	})
	_, got, _ := strings.Cut(stderr, "Where the time went:\n")
	want := `  first                                   40.0s
    boot                                  10.0s  25%
    seal                                  30.0s  75%
  second                                   0.0s
    boot                                  30.0s
`
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestShortStepsAreNotMentioned(t *testing.T) {
	_, stderr := record(Options{}, func(r *Root, c *clock) {
		done := r.For("b").Step("quick")
		c.forward(99 * time.Millisecond)
		done()
	})
	if stderr != "" {
		t.Errorf("got %q", stderr)
	}
}

func TestStepsOfManyGoroutines(t *testing.T) {
	sink := &kept{}
	record(Options{Sink: sink}, func(r *Root, _ *clock) {
		var all sync.WaitGroup
		for i := range 50 {
			u := r.For(fmt.Sprintf("b%d", i%5))
			all.Go(func() {
				done := u.Step("s")
				u.Say("x")
				_, _ = u.Progress("p", 1).Write([]byte("x"))
				done()
			})
		}
		all.Wait()
		r.Summary()
		if len(r.open) != 0 {
			t.Errorf("steps still open: %v", r.open)
		}
	})
	last := sink.events[len(sink.events)-1]
	steps := 0
	for _, b := range last.Summary {
		steps += len(b.Steps)
	}
	if last.Kind != SummaryKind || len(last.Summary) != 5 || steps != 50 {
		t.Errorf("summary: %+v", last)
	}
}
