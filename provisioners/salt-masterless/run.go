package salt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// bootstrapURL is where Salt's project publishes its bootstrap script.
const bootstrapURL = "https://github.com/saltstack/salt-bootstrap/releases/latest/download/bootstrap-salt.sh"

// bootstrap downloads the script with what the guest has, and runs it.
const bootstrap = `t=$(mktemp) && trap 'rm -f "$t"' EXIT
if command -v curl >/dev/null; then curl -fsSL -o "$t" "$1"
elif command -v wget >/dev/null; then wget -qO "$t" "$1"
else python3 -c 'import sys, urllib.request; urllib.request.urlretrieve(sys.argv[1], sys.argv[2])' "$1" "$t"; fi || {
	echo "cannot download $1: set skip_bootstrap = true and install Salt before" >&2; exit 1; }
`

// Provision installs Salt where it is missing, copies the states and applies them.
func (s *Salt) Provision(ctx context.Context, g guest.Guest, out *ui.UI) error {
	if g == nil {
		return errors.New("there is no connection to the guest: communicator is \"none\"")
	}
	if err := s.install(ctx, g, out); err != nil {
		return err
	}
	if err := s.copy(ctx, g, out); err != nil {
		return err
	}
	out.Say("Applying %s", s.states())
	if err := s.run(ctx, g, out, s.call()); err != nil {
		return fmt.Errorf("salt-call: %w", err)
	}
	return nil
}

func (s *Salt) become() guest.Become {
	if s.DisableSudo {
		return guest.Become{}
	}
	return guest.Become{User: "root", Password: s.env.Vars["Password"]}
}

func (s *Salt) program() string { return guest.Quote(path.Join(s.SaltBinDir, "salt-call")) }

// install makes sure that salt-call is there.
func (s *Salt) install(ctx context.Context, g guest.Guest, out *ui.UI) error {
	look := guest.Command{Line: "command -v " + s.program(), Stdout: io.Discard, Stderr: io.Discard}
	err := g.Run(ctx, s.become().Command(look))
	if err == nil {
		return nil
	}
	if missing := (*guest.ExitError)(nil); !errors.As(err, &missing) {
		return err
	}
	if s.SkipBootstrap {
		return errors.New("there is no salt-call in the guest; install Salt in a shell provisioner before this one, set salt_bin_dir, or leave out skip_bootstrap to have it downloaded")
	}
	out.Say("there is no Salt in the guest: it downloads %s and runs it", bootstrapURL)
	if err := s.run(ctx, g, out, guest.Script(bootstrap+"sh \"$t\" "+s.BootstrapArgs, bootstrapURL)); err != nil {
		return fmt.Errorf("installing Salt: %w", err)
	}
	return nil
}

// copy puts everything in its place. The states are not mixed with what was
// there before.
func (s *Salt) copy(ctx context.Context, g guest.Guest, out *ui.UI) error {
	out.Detail("Copying %s to %s", s.LocalStateTree, s.RemoteStateTree)
	o := guest.TreeOptions{Become: s.become()}
	states := []guest.Source{{Local: s.LocalStateTree}}
	for _, f := range s.Formulas {
		states = append(states, guest.Source{Local: f, Name: filepath.Base(filepath.Clean(f))})
	}
	trees := []struct {
		sources []guest.Source
		remote  string
		clear   bool
	}{
		{states, s.RemoteStateTree, true},
		{[]guest.Source{{Local: s.LocalPillarRoots}}, s.RemotePillarRoots, true},
		{[]guest.Source{{Local: s.MinionConfig, Name: "minion"}}, s.TempConfigDir, false},
		{[]guest.Source{{Local: s.GrainsFile, Name: "grains"}}, "/etc/salt", false},
	}
	for _, t := range trees {
		if t.sources[0].Local == "" {
			continue
		}
		if t.clear {
			rm := guest.Command{Line: "rm -rf " + guest.Quote(t.remote)}
			if err := guest.RunQuietly(ctx, g, s.become().Command(rm)); err != nil {
				return fmt.Errorf("clearing %s: %w", t.remote, err)
			}
		}
		if err := guest.UploadTrees(ctx, g, t.sources, t.remote, o); err != nil {
			return err
		}
	}
	return nil
}

func (s *Salt) states() string {
	if s.CustomState != "" {
		return "state.sls " + guest.Quote(s.CustomState)
	}
	return "state.highstate"
}

// call is the command line that applies the states.
func (s *Salt) call() string {
	words := []string{s.program(), "--local", s.states()}
	if s.MinionConfig != "" {
		words = append(words, "--config-dir="+guest.Quote(s.TempConfigDir))
	} else {
		words = append(words, "--file-root="+guest.Quote(s.RemoteStateTree), "--pillar-root="+guest.Quote(s.RemotePillarRoots))
	}
	if !s.NoExitOnFailure {
		words = append(words, "--retcode-passthrough")
	}
	words = append(words, "-l", s.LogLevel, s.SaltCallArgs)
	return strings.TrimSpace(strings.Join(words, " "))
}

func (s *Salt) run(ctx context.Context, g guest.Guest, out *ui.UI, line string) error {
	stdout, stderr := out.Stdout(), out.Stderr()
	err := g.Run(ctx, s.become().Command(guest.Command{Line: line, Stdout: stdout, Stderr: stderr}))
	if closeErr := errors.Join(stdout.Close(), stderr.Close()); err == nil {
		err = closeErr
	}
	return err
}
