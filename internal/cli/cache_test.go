package cli

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
)

// remember TITLE [PARENT] puts a machine into the store of the script; its key
// is that of its title, and goes to the variable of that name.
func remember(ts *testscript.TestScript, _ bool, args []string) {
	key := func(title string) string { return stepkey.Of("", []stepkey.Fact{{Name: title}}) }
	store, err := checkpoint.Open(filepath.Join(ts.Getenv("HOME"), ".cache", "ovenbird", "checkpoints"))
	ts.Check(err)
	draft, err := store.Draft()
	ts.Check(err)
	ts.Check(os.WriteFile(draft.Path("ram"), []byte("a machine\n"), 0o600))
	m := checkpoint.Meta{Key: key(args[0]), Title: args[0], Build: "toy.one", Template: "one.pkr.hcl", Made: time.Now().Add(-3 * time.Hour)}
	if len(args) > 1 {
		m.Parent = key(args[1])
		m.Made = m.Made.Add(time.Hour)
	}
	c, release, err := draft.Publish(context.Background(), m)
	ts.Check(err)
	release()
	ts.Setenv(args[0], c.Key)
}
