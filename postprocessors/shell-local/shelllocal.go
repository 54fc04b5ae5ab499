// Package shelllocal runs scripts on the machine that bakes, after an artifact
// was made.
package shelllocal

import (
	"context"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/localscript"
	"github.com/ovenbird-io/ovenbird/internal/script"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/postprocessors"
)

// ShellLocal runs scripts and hands on the artifact as it is.
type ShellLocal struct {
	localscript.Options `hcl:",remain"`

	env postprocessors.Env
}

// New makes a shell-local post-processor with its defaults.
func New(env postprocessors.Env) postprocessors.PostProcessor {
	return &ShellLocal{Options: localscript.Defaults(), env: env}
}

// Validate checks the options. A command line of one string is the shell's.
func (s *ShellLocal) Validate() error {
	if len(s.ExecuteCommand) == 1 && strings.ContainsAny(s.ExecuteCommand[0], " \t") {
		s.ExecuteCommand = []string{"/bin/sh", "-c", s.ExecuteCommand[0]}
	}
	return s.Check(s.build())
}

// KeepInput says that the artifact stays, whatever the template says.
func (*ShellLocal) KeepInput() (byDefault, forced bool) { return true, true }

// Process runs the scripts, one after the other, up to the first that fails.
func (s *ShellLocal) Process(ctx context.Context, in *artifact.Artifact, out *ui.UI) (*artifact.Artifact, error) {
	if err := s.Run(ctx, s.build(), out); err != nil {
		return nil, err
	}
	return in, nil
}

func (s *ShellLocal) build() localscript.Build {
	return localscript.Build{Vars: s.env.Vars, Build: script.Build{Name: s.env.BuildName, Type: s.env.BuilderType}}
}
