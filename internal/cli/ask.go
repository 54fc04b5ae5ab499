package cli

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/pipeline"
)

// interactive tells whether there is someone to answer questions.
func (r *run) interactive() bool {
	f, ok := r.env.Stdin.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && !r.options.json && !r.options.machine
}

// asker asks what to do with a failed step. Builds that fail together are
// asked about one after another; an interrupt, or the end of the input, means
// to clean up.
func (r *run) asker() func(ctx context.Context, build string) string {
	var one sync.Mutex
	answers := make(chan string)
	start := sync.OnceFunc(func() {
		go func() { // ends with the input, or with the process
			defer close(answers)
			in := bufio.NewScanner(r.env.Stdin)
			for in.Scan() {
				answers <- strings.ToLower(strings.TrimSpace(in.Text()))
			}
		}()
	})
	return func(ctx context.Context, build string) string {
		one.Lock()
		defer one.Unlock()
		start()
		r.say(fmt.Sprintf("%s: [c] clean up and end, [a] abort and leave the machine's files, [r] retry the step?\n", build))
		for {
			select {
			case <-ctx.Done():
				return pipeline.AnswerCleanup
			case answer, open := <-answers:
				switch {
				case answer == "" || !open:
					return pipeline.AnswerCleanup
				case answer == pipeline.AnswerCleanup, answer == pipeline.AnswerAbort, answer == pipeline.AnswerRetry:
					return answer
				}
				r.say(fmt.Sprintf("Answer c, a or r, not %q.\n", answer))
			}
		}
	}
}

// passed warns once more, beside the results, of steps that failed and were
// allowed to.
func (r *run) passed(files map[string]*hcl.File, results []pipeline.Result) {
	for _, res := range results {
		for _, f := range res.Passed {
			for _, d := range pipeline.Diagnose(res.Build.ID, f) {
				d.Severity = hcl.DiagWarning
				d.Detail = strings.TrimLeft(d.Detail+"\n\nThe build went on, since the step has continue_on_error.", "\n")
				r.report(files, hcl.Diagnostics{d})
			}
		}
	}
}
