package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// keep is a builder whose machines can be frozen. They are folders of this
// machine, and all their state is one file, "log".
type keep struct {
	Base   string `hcl:"base,optional"`
	Output string `hcl:"output"`

	store *checkpoint.Store
}

func (b *keep) Facts(context.Context, builders.Reader, *ui.UI) (builders.Facts, error) {
	option := []stepkey.Fact{stepkey.Text("option base", b.Base)}
	return builders.Facts{Boot: option, Image: []stepkey.Fact{stepkey.Text("option output", b.Output)}}, nil
}

func (b *keep) Check() error {
	if _, err := os.Lstat(b.Output); err == nil {
		return errors.New("the output " + b.Output + " exists")
	}
	return nil
}

func (b *keep) Existing() (*artifact.Artifact, error) {
	_, err := os.Lstat(b.Output)
	return &artifact.Artifact{Title: "kept", Files: []string{b.Output}}, err
}

func (b *keep) Remember(store *checkpoint.Store) { b.store = store }

func (b *keep) Boot(context.Context, *ui.UI) (builders.Machine, error) {
	dir, err := os.MkdirTemp("", "machine-")
	if err != nil {
		return nil, err
	}
	return &kept{b, dir}, os.WriteFile(filepath.Join(dir, "log"), []byte(b.Base+"\n"), 0o600)
}

func (b *keep) Resume(_ context.Context, chain []*checkpoint.Checkpoint, _ *ui.UI) (builders.Machine, error) {
	log, err := os.ReadFile(chain[len(chain)-1].Path("log"))
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "machine-")
	if err != nil {
		return nil, err
	}
	return &kept{b, dir}, os.WriteFile(filepath.Join(dir, "log"), log, 0o600)
}

type kept struct {
	*keep
	dir string
}

func (m *kept) Guest(context.Context) (guest.Guest, error) { return m, nil }
func (m *kept) Close(context.Context) error                { return os.RemoveAll(m.dir) }
func (m *kept) Explain(context.Context) []string           { return []string{"a hint of the machine"} }

func (m *kept) Seal(context.Context) (*artifact.Artifact, error) {
	log, err := os.ReadFile(filepath.Join(m.dir, "log"))
	if err != nil {
		return nil, err
	}
	return &artifact.Artifact{Title: "kept", Files: []string{m.Output}}, os.WriteFile(m.Output, log, 0o600)
}

func (m *kept) Freeze(context.Context) (builders.Finish, error) {
	log, err := os.ReadFile(filepath.Join(m.dir, "log"))
	return func(ctx context.Context, meta checkpoint.Meta) (*checkpoint.Checkpoint, error) {
		draft, err := m.store.Draft()
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(draft.Path("log"), log, 0o600); err != nil {
			return nil, err
		}
		c, release, err := draft.Publish(ctx, meta)
		if err == nil {
			release()
		}
		return c, err
	}, err
}

func (m *kept) Run(ctx context.Context, c guest.Command) error {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", c.Line)
	cmd.Dir, cmd.Env = m.dir, append(os.Environ(), "SHELL=/bin/sh")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Stdin, c.Stdout, c.Stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return &guest.ExitError{Status: exit.ExitCode()}
	}
	return err
}

func (m *kept) Upload(context.Context, string, fs.FileMode, io.Reader) error {
	return errors.ErrUnsupported
}

func (m *kept) Download(context.Context, string, io.Writer) error { return errors.ErrUnsupported }

// do is a provisioner that runs a line in the machine, and names its inputs.
type do struct {
	Line  string   `hcl:"line"`
	Files []string `hcl:"files,optional"`
}

func (p *do) Inputs() ([]string, error) { return p.Files, nil }

func (p *do) Provision(ctx context.Context, g guest.Guest, _ *ui.UI) error {
	var said bytes.Buffer
	return g.Run(ctx, guest.Command{Line: p.Line, Stdout: &said, Stderr: &said})
}
