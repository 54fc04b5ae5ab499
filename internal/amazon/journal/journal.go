// Package journal writes down what is made in the cloud before it is made, so
// that whatever happens to us, somebody knows of it.
//
// Each process has files of its own in the folder of the journal, locked for as
// long as it lives; a file that nobody has locked was left by a run that is
// dead. A line is a checksum and a record; a line that does not match, as a
// crash leaves it, counts as not written. A file without anything open is removed.
package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/host"
)

// Entry is one thing that is made, or is going to be.
type Entry struct {
	Run      string // UUID of the run
	Template string // what the template is called
	Region   string
	Endpoint string // URL of an EC2 that is not Amazon's, "" for Amazon's
	Account  string // number of the account, "" if not known
	// Kind is "instance", "key-pair", "security-group", "image", "snapshot",
	// "volume", "launch-template", "instance-profile" or "role".
	Kind     string
	Token    string // the ClientToken of the call; of an image the key of what it is made of
	Name     string
	ID       string    // "" until it is known
	Made     time.Time // when it was written down
	Expires  time.Time // when nobody needs it any more; zero is never
	Finished bool      // it is to be kept
}

// Of says whether the thing is in an account, by number. What is in an account
// that is not known, is in none.
func (e Entry) Of(account string) bool { return account != "" && e.Account == account }

// Journal is what one process has made. It may be used by many goroutines.
type Journal struct {
	dir string

	mu   sync.Mutex
	file *file // nil while nothing is open
}

// Open gives the journal in the folder dir, which is made when something is
// written down; "" is the user's.
func Open(dir string) (*Journal, error) {
	if dir == "" {
		var err error
		if dir, err = Dir(os.Getenv); err != nil {
			return nil, err
		}
	}
	return &Journal{dir: dir}, nil
}

// Dir is the user's folder for the journal, absolute.
func Dir(getenv func(string) string) (string, error) {
	state, err := host.StateDir(getenv)
	return filepath.Join(state, "journal"), err
}

// Intend writes down what is going to be made. Only when it returns without an
// error may the call be made; then room for the rest of its story is there, too.
func (j *Journal) Intend(e Entry) (*Claim, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e.Made.IsZero() {
		e.Made = time.Now().UTC().Truncate(time.Second)
	}
	c, err := j.intend(e)
	if err != nil {
		return nil, fmt.Errorf("writing down that the %s %s is about to be made, so it was not: %w", e.Kind, e.Name, err)
	}
	return c, nil
}

func (j *Journal) intend(e Entry) (*Claim, error) {
	if j.file == nil {
		f, err := create(j.dir)
		if err != nil {
			return nil, err
		}
		j.file = f
	}
	n := j.file.next
	if err := j.file.append(record{Claim: n, Entry: &e}, 1); err != nil {
		return nil, errors.Join(err, j.rest())
	}
	return &Claim{journal: j, file: j.file, number: n}, nil
}

// rest lets go of a file in which nothing is open.
func (j *Journal) rest() error {
	if j.file == nil || len(j.file.open) > 0 {
		return nil
	}
	f := j.file
	j.file = nil
	return f.remove()
}

// Close gives up what is open: it is as if the process had died.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	f := j.file
	j.file = nil
	return f.Close()
}

// Claim is one entry of the journal, and ours to go on with.
type Claim struct {
	journal *Journal
	file    *file
	number  int
}

// Entry is what the claim is of, as it is now; the zero value once it is struck.
func (c *Claim) Entry() Entry {
	c.journal.mu.Lock()
	defer c.journal.mu.Unlock()
	return c.file.open[c.number]
}

// Made notes the id of what was made.
func (c *Claim) Made(id string) error { return c.note(record{ID: id}) }

// Finished says that it is to be kept, and may be gone on with by a later run.
func (c *Claim) Finished() error { return c.note(record{Finished: true}) }

// Struck says that there is nothing to look after any more: it is deleted, was
// not made in the first place, or belongs to the user now.
func (c *Claim) Struck() error { return c.note(record{Struck: true}) }

// note adds to a claim that is open; nothing can be said of others.
func (c *Claim) note(r record) error {
	c.journal.mu.Lock()
	defer c.journal.mu.Unlock()
	e, open := c.file.open[c.number]
	if !open {
		return nil
	}
	r.Claim = c.number
	err := c.file.append(r, 0)
	if err == nil && r.Struck && c.file == c.journal.file {
		err = c.journal.rest()
	}
	if err != nil {
		return fmt.Errorf("noting in the journal what became of the %s %s: %w", e.Kind, e.Name, err)
	}
	return nil
}

// Names of the tags of all that is made, and values of theirs.
const (
	RunTag      = "ovenbird:run"
	TemplateTag = "ovenbird:template"
	ExpiresTag  = "ovenbird:expires"
	MadeByTag   = "ovenbird:made-by"

	MadeBy = "ovenbird" // the value of MadeByTag
	Never  = "never"    // the value of ExpiresTag on what is to be kept
)

// Tags are by what it is known that something was made, when and for what, by
// name. Zero expires never.
func Tags(run, template string, expires time.Time) map[string]string {
	until := Never
	if !expires.IsZero() {
		until = expires.UTC().Format(time.RFC3339)
	}
	return map[string]string{RunTag: run, TemplateTag: template, ExpiresTag: until, MadeByTag: MadeBy}
}
