// Package artifice makes other files the artifact: what a step made that the
// builder does not know of.
package artifice

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/postprocessors"
)

// Artifice replaces an artifact's files.
type Artifice struct {
	// The files of the new artifact. They may hold the wildcards *, ? and [a-z],
	// and each must match at least one file when the step runs.
	Files []string `hcl:"files"`
}

// New makes an artifice post-processor.
func New(postprocessors.Env) postprocessors.PostProcessor { return &Artifice{} }

// Validate checks the options.
func (a *Artifice) Validate() error {
	if len(a.Files) == 0 {
		return option.Bad("files", "It is empty; name the files of the artifact.")
	}
	var errs []error
	for _, pattern := range a.Files {
		if _, err := filepath.Match(pattern, ""); err != nil {
			errs = append(errs, option.Bad("files", "%q is no pattern: a [ must have its ].", pattern))
		}
	}
	return errors.Join(errs...)
}

// KeepInput says that what the builder made stays, unless the template says
// otherwise.
func (*Artifice) KeepInput() (byDefault, forced bool) { return true, false }

// Process finds the files. The artifact before may hold some of them.
func (a *Artifice) Process(_ context.Context, _ *artifact.Artifact, out *ui.UI) (*artifact.Artifact, error) {
	var files []string
	var errs []error
	for _, pattern := range a.Files {
		found, err := filepath.Glob(pattern)
		if err == nil && len(found) == 0 {
			err = fmt.Errorf("no file matches %s", pattern)
		}
		errs = append(errs, err)
		for _, f := range found {
			if !slices.Contains(files, f) {
				files = append(files, f)
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	out.Detail("The artifact is now %s", strings.Join(files, ", "))
	return &artifact.Artifact{
		Builder: "packer.post-processor.artifice", Title: "Created artifact from files: " + strings.Join(files, ", "), Files: files,
		Destroy: func(kept []string) error { return artifact.Remove(files, kept) },
	}, nil
}
