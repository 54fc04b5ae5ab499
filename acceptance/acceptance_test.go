//go:build vm

package acceptance

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// bakeTimeout is for one bake under emulation on two very busy cores; alone it
// takes two minutes.
const bakeTimeout = 20 * time.Minute

// lab is what all tests share: the binary, a base disk baked from packages, and
// the example baked on it.
type lab struct {
	dir     string
	binary  string
	example *baking
}

// newLab builds the binary. The example is baked when first asked for.
func newLab(t *testing.T) *lab {
	t.Helper()
	dir := t.TempDir()
	l := &lab{dir: dir, binary: filepath.Join(dir, "ovenbird")}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", l.binary, "..")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building ovenbird: %s: %s", err, said)
	}
	qemu, err := exec.LookPath("qemu-system-x86_64")
	if err == nil {
		err = os.Mkdir(l.programs(), 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(l.programs(), "qemu-system-x86_64"), fmt.Appendf(nil, notingQEMU, qemu), 0o755)
	}
	if err != nil {
		t.Fatalf("finding QEMU: %s", err)
	}
	l.example = l.bakeOnce(t)
	return l
}

// environ is the environment of a run that uses the cache of the scripts.
func (l *lab) environ(more ...string) []string {
	return append(append(os.Environ(), "XDG_CACHE_HOME="+l.cache(), "OVENBIRD_CACHE_DIR=", "PATH="+l.path()), more...)
}

// cache is the cache folder of the scripts: a machine that one of them has
// booted, the others go on from.
func (l *lab) cache() string { return filepath.Join(l.dir, "cache") }

// setup prepares a script's folder; everything the script starts has the
// folder in its environment, which is how leftovers finds it.
func (l *lab) setup(env *testscript.Env) error {
	base, err := l.base()
	if err != nil {
		return err
	}
	tmp := filepath.Join(env.WorkDir, "tmp")
	if err := os.MkdirAll(tmp, 0o777); err != nil {
		return err
	}
	for name, value := range map[string]string{
		"TMPDIR": tmp, "HOME": env.WorkDir, "BASE": base, "OVENBIRD": l.binary,
		"PATH": l.path(), "XDG_CACHE_HOME": l.cache(),
	} {
		env.Setenv(name, value)
	}
	env.Values[labKey{}] = l
	return nil
}

// programs is a folder with a QEMU that notes in the file machines of a script's
// folder that it was started. It is the same for all, as machines are
// remembered for a QEMU that is the same to the byte.
func (l *lab) programs() string { return filepath.Join(l.dir, "bin") }

func (l *lab) path() string { return l.programs() + ":" + os.Getenv("PATH") }

const notingQEMU = `#!/bin/sh
case "$*" in *id=monitor*) echo started >>"$TMPDIR/../machines" ;; esac
exec %s "$@"
`

type labKey struct{}

// TestMain runs two machines at a time, each with one processor.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "2"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// TestAcceptance runs the scripts of testdata, then the kills; all of them
// share one base disk.
func TestAcceptance(t *testing.T) {
	l := newLab(t)
	t.Run("scripts", func(t *testing.T) {
		testscript.Run(t, testscript.Params{
			Dir:   "testdata",
			Setup: l.setup,
			Condition: func(name string) (bool, error) {
				switch name {
				case "root":
					return os.Geteuid() == 0, nil
				case "base": // baked by these tests
					return os.Getenv("OVENBIRD_BASE") == "", nil
				}
				return false, errors.New("unknown condition " + name)
			},
			Cmds: map[string]func(*testscript.TestScript, bool, []string){
				"bake": bake, "bake-until": bakeUntil, "leftovers": leftovers, "tmpfs": tmpfs, "boot": boot, "example": example, "user": user,
				"unpack": unpack, "same": same, "holds": holds, "own-store": ownStore, "flip": flip, "logins": logins,
			},
		})
	})
	t.Run("kill", l.kills)
}
