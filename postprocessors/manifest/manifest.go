// Package manifest is the post-processor that keeps a list of what was built,
// for scripts to read.
package manifest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/draft"
	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/postprocessors"
)

// Manifest adds each artifact to a JSON file.
type Manifest struct {
	// The JSON file. Builds are added to those already in it; with -force a
	// new run starts it afresh. Default: "packer-manifest.json".
	Output string `hcl:"output,optional"`
	// Keep only the base names of the artifact's files. Default: false.
	StripPath bool `hcl:"strip_path,optional"`
	// Leave out the time of the build, so that equal builds give equal
	// manifests. Default: false.
	StripTime bool `hcl:"strip_time,optional"`
	// Names and values to add to the entry; values may use build data, such as
	// {{build `ID`}}. Default: none.
	CustomData map[string]string `hcl:"custom_data,optional" template:"late"`

	env postprocessors.Env
	now func() time.Time
}

// New makes the post-processor with its defaults.
func New(env postprocessors.Env) postprocessors.PostProcessor {
	return &Manifest{Output: "packer-manifest.json", env: env, now: time.Now}
}

// KeepInput tells that a listed artifact is always kept.
func (m *Manifest) KeepInput() (byDefault, forced bool) { return true, true }

// Validate reports bad options.
func (m *Manifest) Validate() error {
	var errs []error
	if m.Output == "" {
		errs = append(errs, option.Bad("output", "The manifest needs a file name."))
	}
	if _, err := m.data(); err != nil {
		errs = append(errs, option.Bad("custom_data", "%s.", err))
	}
	return errors.Join(errs...)
}

// The fields and their order are what existing scripts and diffs expect.
type (
	document struct {
		Builds  []json.RawMessage `json:"builds"`
		LastRun string            `json:"last_run_uuid"`
	}
	entry struct {
		Name        string            `json:"name"`
		BuilderType string            `json:"builder_type"`
		BuildTime   int64             `json:"build_time,omitempty"` // Unix seconds
		Files       []fileEntry       `json:"files"`
		ArtifactID  string            `json:"artifact_id"`
		RunID       string            `json:"packer_run_uuid"`
		CustomData  map[string]string `json:"custom_data"`
	}
	fileEntry struct {
		Name string `json:"name"`
		Size int64  `json:"size"`
	}
)

// Process adds the artifact to the manifest.
func (m *Manifest) Process(ctx context.Context, in *artifact.Artifact, out *ui.UI) (*artifact.Artifact, error) {
	e, err := m.entry(in)
	if err != nil {
		return nil, err
	}
	dir := filepath.Dir(m.Output)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	unlock, err := lock(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("waiting for others to write %s: %w", m.Output, err)
	}
	err = m.add(e)
	if err = errors.Join(err, unlock()); err != nil {
		return nil, err
	}
	out.Say("Added to %s", m.Output)
	return in, nil
}

func (m *Manifest) entry(in *artifact.Artifact) (json.RawMessage, error) {
	data, err := m.data()
	if err != nil {
		return nil, err
	}
	e := entry{
		Name: m.env.BuildName, BuilderType: m.env.BuilderType,
		ArtifactID: in.ID, RunID: m.env.RunID, CustomData: data,
	}
	if !m.StripTime {
		e.BuildTime = m.now().Unix()
	}
	for _, name := range in.Files {
		f := fileEntry{Name: name}
		if info, err := os.Stat(name); err == nil { // one that is gone has size 0
			f.Size = info.Size()
		}
		if m.StripPath {
			f.Name = filepath.Base(name)
		}
		e.Files = append(e.Files, f)
	}
	return json.Marshal(e)
}

// data renders custom_data.
func (m *Manifest) data() (map[string]string, error) {
	if m.CustomData == nil {
		return nil, nil
	}
	funcs := gotmpl.Funcs{BuildName: m.env.BuildName, BuildType: m.env.BuilderType, Vars: m.env.Vars}
	data := map[string]string{}
	for _, k := range slices.Sorted(maps.Keys(m.CustomData)) {
		v, err := gotmpl.Render(m.CustomData[k], nil, funcs)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k, err)
		}
		data[k] = v
	}
	return data, nil
}

// add rewrites the manifest with one more entry. Entries of others stay as
// they are, whatever fields they have.
func (m *Manifest) add(e json.RawMessage) error {
	var d document
	old, err := os.ReadFile(m.Output)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if len(bytes.TrimSpace(old)) > 0 {
		if err := json.Unmarshal(old, &d); err != nil {
			return fmt.Errorf("%s is there and is no manifest; move it away or choose another output: %w", m.Output, err)
		}
	}
	if m.env.Force && d.LastRun != m.env.RunID {
		d.Builds = nil
	}
	d.Builds, d.LastRun = append(d.Builds, e), m.env.RunID
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	return draft.Write(m.Output, 0o664, func(f *os.File) error {
		_, err := f.Write(text)
		return err
	})
}

// lock keeps other builds and processes from writing a manifest in the same
// folder. The folder itself is locked, so no lock file stays behind.
func lock(ctx context.Context, dir string) (unlock func() error, err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	got := make(chan error, 1)
	go func() {
		for {
			if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); !errors.Is(err, syscall.EINTR) {
				got <- err
				return
			}
		}
	}()
	select {
	case err := <-got:
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return f.Close, nil
	case <-ctx.Done():
		go func() { <-got; f.Close() }() // the call cannot be cancelled
		return nil, context.Cause(ctx)
	}
}

// Pure says that the options and the artifact decide all that it does.
func (m *Manifest) Pure() bool { return true }
