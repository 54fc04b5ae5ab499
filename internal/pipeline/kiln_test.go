package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
	"github.com/ovenbird-io/ovenbird/templates"
)

// kiln is a builder whose machines are remembered: they know which steps ran on
// them, and so does the image that they become.
type kiln struct {
	oven
	facts   builders.Facts
	dir     string // of the image
	force   bool
	secrets []string

	unnamed, freezeErr, finishErr error
	resumeErr, guestErr           map[string]error // by what the machine has seen
	slow                          time.Duration    // what a step takes besides
	finishing                     func()           // called before a checkpoint is made

	store *checkpoint.Store
}

func (k *kiln) Facts(context.Context, builders.Reader, *ui.UI) (builders.Facts, error) {
	return k.facts, k.unnamed
}
func (k *kiln) Secrets() []string                { return k.secrets }
func (k *kiln) Remember(store *checkpoint.Store) { k.store = store }

func (k *kiln) Existing() (*artifact.Artifact, error) {
	path := filepath.Join(k.dir, "image")
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	a := &artifact.Artifact{ID: k.name, Files: []string{path}}
	a.Destroy = func([]string) error {
		k.note("destroy:%s", k.name)
		return os.RemoveAll(k.dir)
	}
	return a, nil
}

func (k *kiln) Check() error {
	if _, err := os.Stat(k.dir); err == nil && !k.force {
		return errClosed
	}
	return nil
}

func (k *kiln) Boot(ctx context.Context, out *ui.UI) (builders.Machine, error) {
	if _, err := k.oven.Boot(ctx, out); err != nil {
		return nil, err
	}
	return k.start([]string{"boot"})
}

func (k *kiln) Resume(ctx context.Context, chain []*checkpoint.Checkpoint, _ *ui.UI) (builders.Machine, error) {
	top := chain[len(chain)-1]
	text, err := os.ReadFile(top.Path("state"))
	if err != nil {
		return nil, err
	}
	for _, c := range chain {
		if err := c.Verify(ctx); err != nil {
			return nil, err
		}
	}
	k.note("resume:%s", text)
	if err := k.resumeErr[string(text)]; err != nil {
		return nil, err
	}
	return k.start(strings.Split(string(text), "+"))
}

func (k *kiln) start(state []string) (builders.Machine, error) {
	h := &hotKiln{kiln: k, hotOven: (*hotOven)(&k.oven), state: state}
	if k.store == nil {
		return h, nil
	}
	var err error
	h.draft, err = k.store.Draft()
	return h, err
}

// hotKiln is a machine of a kiln, and its own guest.
type hotKiln struct {
	*hotOven
	kiln  *kiln
	state []string
	draft *checkpoint.Draft
	busy  sync.WaitGroup // with finishing
	all   []*checkpoint.Draft
}

// clay is the guest.
type clay struct {
	guest.Guest
	h *hotKiln
}

func (h *hotKiln) text() string { return strings.Join(h.state, "+") }

func (h *hotKiln) Guest(context.Context) (guest.Guest, error) {
	return clay{h: h}, h.kiln.guestErr[h.text()]
}

func (c clay) Run(_ context.Context, cmd guest.Command) error {
	c.h.note("run:%s", cmd.Line)
	c.h.state = append(c.h.state, cmd.Line)
	return nil
}

func (h *hotKiln) Freeze(ctx context.Context) (builders.Finish, error) {
	h.busy.Wait()
	if h.kiln.freezeErr != nil {
		return nil, h.kiln.freezeErr
	}
	full := h.draft
	h.all = append(h.all, full)
	if err := os.WriteFile(full.Path("state"), []byte(h.text()), 0o600); err != nil {
		return nil, err
	}
	var err error
	h.draft, err = h.kiln.store.Draft()
	h.busy.Add(1)
	return func(ctx context.Context, m checkpoint.Meta) (*checkpoint.Checkpoint, error) {
		defer h.busy.Done()
		if h.kiln.finishing != nil {
			h.kiln.finishing()
		}
		if h.kiln.finishErr != nil {
			return nil, h.kiln.finishErr
		}
		m.Took += h.kiln.slow
		c, release, err := full.Publish(ctx, m)
		if err == nil {
			release()
		}
		return c, err
	}, err
}

func (h *hotKiln) Seal(ctx context.Context) (*artifact.Artifact, error) {
	if h.busy.Wait(); ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if _, err := h.hotOven.Seal(ctx); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(h.kiln.dir, 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(h.kiln.dir, "image"), []byte(h.text()), 0o600); err != nil {
		return nil, err
	}
	return h.kiln.Existing()
}

func (h *hotKiln) Close(ctx context.Context) error {
	h.busy.Wait()
	err := h.hotOven.Close(ctx)
	for _, d := range append(h.all, h.draft) {
		if d != nil {
			err = errors.Join(err, d.Abandon())
		}
	}
	return err
}

// work is a provisioner that knows its guest.
type work func(ctx context.Context, g guest.Guest) error

func (w work) Provision(ctx context.Context, g guest.Guest, _ *ui.UI) error { return w(ctx, g) }

// does is a step that runs a line in the guest, then does what is said.
func does(line string, then ...func(context.Context) error) *templates.Step {
	w := work(func(ctx context.Context, g guest.Guest) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		err := g.Run(ctx, guest.Command{Line: line})
		for _, f := range then {
			err = errors.Join(err, f(ctx))
		}
		return err
	})
	return &templates.Step{
		Type: "work", Range: hcl.Range{Filename: "t", Start: hcl.Pos{Line: 7}},
		Facts: func(h stepkey.Hider) ([]stepkey.Fact, error) {
			return []stepkey.Fact{stepkey.Text("option line", h.Hide(line))}, nil
		},
		Decode: func(builders.Info, provisioners.Env) (provisioners.Provisioner, hcl.Diagnostics) { return w, nil },
	}
}
