package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
	"github.com/ovenbird-io/ovenbird/templates"
)

// diary notes what happened, in order.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.lines, " ")
}

// oven is a builder whose machines note what is done to them.
type oven struct {
	*diary
	name     string
	bootErr  error
	closeErr error
	base     *artifact.Artifact
	memory   int
	running  chan struct{} // one token for each machine at work, when set
}

func (o *oven) Boot(context.Context, *ui.UI) (builders.Machine, error) {
	if o.bootErr != nil {
		return nil, o.bootErr
	}
	o.note("boot:%s", o.name)
	if o.running != nil {
		select {
		case o.running <- struct{}{}:
		default:
			return nil, errors.New("the host has no room")
		}
	}
	return (*hotOven)(o), nil
}
func (o *oven) From() string                   { return "" }
func (o *oven) Rebase(base *artifact.Artifact) { o.base = base }
func (o *oven) Size() (int, int)               { return o.memory, 1 }

type hotOven oven

func (h *hotOven) Guest(context.Context) (guest.Guest, error) { return nil, nil } //nolint:nilnil // no guest
func (h *hotOven) Seal(context.Context) (*artifact.Artifact, error) {
	h.note("seal:%s", h.name)
	return &artifact.Artifact{ID: h.name, Destroy: func([]string) error { h.note("destroy:%s", h.name); return nil }}, nil
}

func (h *hotOven) Close(context.Context) error {
	h.note("close:%s", h.name)
	if h.running != nil {
		<-h.running
	}
	return h.closeErr
}
func (h *hotOven) Explain(context.Context) []string { return []string{"it was " + h.name} }

type act func(ctx context.Context) error

func (a act) Provision(ctx context.Context, _ guest.Guest, _ *ui.UI) error { return a(ctx) }

func step(a act) *templates.Step {
	return &templates.Step{Type: "act", Range: hcl.Range{Filename: "t", Start: hcl.Pos{Line: 7}}, Decode: func(builders.Info, provisioners.Env) (provisioners.Provisioner, hcl.Diagnostics) {
		return a, nil
	}}
}

// closedOven is an oven that says beforehand that it will not work.
type closedOven struct{ oven }

var errClosed = errors.New("closed")

func (*closedOven) Check() error { return errClosed }

// Keep notes that the machine's files are wanted.
func (h *hotOven) Keep() { h.note("keep:%s", h.name) }
