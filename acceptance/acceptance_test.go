//go:build vm

package acceptance

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// bakeTimeout is for one bake under emulation on two very busy cores; alone it
// takes two minutes.
const bakeTimeout = 20 * time.Minute

// lab is what all tests share: the binary, and the example baked from packages.
type lab struct {
	dir     string
	binary  string
	example func() (string, error) // the folder of its artifact
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
	l.example = sync.OnceValues(l.bakeExample)
	return l
}

// bakeExample bakes the example and, before it, its base disk. Nothing else may be left.
func (l *lab) bakeExample() (string, error) {
	template, err := filepath.Abs("../examples/web-appliance")
	if err != nil {
		return "", err
	}
	tmp := filepath.Join(l.dir, "tmp")
	if err := os.Mkdir(tmp, 0o777); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), bakeTimeout)
	defer cancel()
	r := run{
		binary: l.binary, dir: l.dir, env: append(os.Environ(), "TMPDIR="+tmp),
		args: []string{"build", "-var", "output=example", template},
	}
	if err := r.expect(ctx, 0); err != nil {
		return "", err
	}
	return filepath.Join(l.dir, "example"), clean(tmp, []string{filepath.Join(l.dir, ".*")})
}

// base is the disk that the templates of the tests start from: the example's,
// or the one that OVENBIRD_BASE names.
func (l *lab) base() (string, error) {
	if base := os.Getenv("OVENBIRD_BASE"); base != "" {
		return base, nil
	}
	example, err := l.example()
	return filepath.Join(example+"-base", "bookworm.qcow2"), err
}

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
		"TMPDIR": tmp, "HOME": env.WorkDir, "BASE": base,
		"PATH": os.Getenv("PATH"), "XDG_CACHE_HOME": filepath.Join(l.dir, "cache"),
	} {
		env.Setenv(name, value)
	}
	env.Values[labKey{}] = l
	return nil
}

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
				if name != "root" {
					return false, errors.New("unknown condition " + name)
				}
				return os.Geteuid() == 0, nil
			},
			Cmds: map[string]func(*testscript.TestScript, bool, []string){
				"bake": bake, "bake-until": bakeUntil, "leftovers": leftovers, "tmpfs": tmpfs, "boot": boot, "example": example,
			},
		})
	})
	t.Run("kill", l.kills)
}
