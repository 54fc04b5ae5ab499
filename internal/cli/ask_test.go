package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/pipeline"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

func TestAsk(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name, input string
		ctx         context.Context
		want        string // answers to three questions
		says        string
	}{
		{"answers", "r\n A \ns\n", t.Context(), "ras", "qemu.a: [c] clean up"},
		{"others are asked again", "x\nr\n", t.Context(), "rcc", `not "x"`},
		{"an empty line and the end clean up", "\nr\n", t.Context(), "crc", "retry the step"},
		{"an interrupt cleans up", "", cancelled, "ccc", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			r := &run{env: Env{Stdin: strings.NewReader(c.input)}, out: ui.New(ui.Options{Stderr: &out})}
			var o pipeline.Options
			r.person(builders.Env{}, nil, &o)
			got := ""
			for range 3 {
				got += o.Ask(c.ctx, "qemu.a")
			}
			if got != c.want || !strings.Contains(out.String(), c.says) {
				t.Errorf("answers %q, want %q; said %s", got, c.want, out.String())
			}
			if r.interactive() || o.Pause != nil || o.Shell != nil || o.Reload != nil {
				t.Error("a reader is taken for a terminal")
			}
		})
	}
}
