//go:build vm

package acceptance

import (
	"context"
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

// lab is what all tests share: the binary and a base disk, made once.
type lab struct {
	dir    string
	binary string
	base   func() (string, error)
}

// newLab builds the binary. The base disk is baked when first asked for;
// OVENBIRD_BASE names one to use instead.
func newLab(t *testing.T) *lab {
	t.Helper()
	dir := t.TempDir()
	l := &lab{dir: dir, binary: filepath.Join(dir, "ovenbird")}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", l.binary, "..")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building ovenbird: %s: %s", err, said)
	}
	l.base = sync.OnceValues(l.bakeBase)
	return l
}

// bakeBase makes the disk that the templates of the tests start from.
func (l *lab) bakeBase() (string, error) {
	if base := os.Getenv("OVENBIRD_BASE"); base != "" {
		return base, nil
	}
	template, err := filepath.Abs("testdata/base.oven.hcl")
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), bakeTimeout)
	defer cancel()
	r := run{binary: l.binary, dir: l.dir, env: os.Environ(), args: []string{"build", template}}
	if err := r.expect(ctx, 0); err != nil {
		return "", err
	}
	disks, err := filepath.Glob(filepath.Join(l.dir, "base", "*.qcow2"))
	if err != nil || len(disks) != 1 {
		return "", os.ErrNotExist
	}
	return disks[0], nil
}

// setup prepares a script's folder; everything the script starts has the
// folder in its environment, which is how leftovers finds it.
func (l *lab) setup(env *testscript.Env) error {
	base, err := l.base()
	if err != nil {
		return err
	}
	examples, err := filepath.Abs("../examples")
	if err != nil {
		return err
	}
	tmp := filepath.Join(env.WorkDir, "tmp")
	if err := os.MkdirAll(tmp, 0o777); err != nil {
		return err
	}
	for name, value := range map[string]string{
		"TMPDIR": tmp, "HOME": env.WorkDir, "BASE": base, "EXAMPLES": examples,
		"PATH": os.Getenv("PATH"), "XDG_CACHE_HOME": filepath.Join(l.dir, "cache"),
	} {
		env.Setenv(name, value)
	}
	env.Values[labKey{}] = l
	return nil
}

type labKey struct{}

// TestMain runs one machine at a time: they are slow enough alone.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "1"); err != nil {
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
			Cmds: map[string]func(*testscript.TestScript, bool, []string){
				"bake": bake, "bake-until": bakeUntil, "leftovers": leftovers, "tmpfs": tmpfs, "boot": boot,
			},
		})
	})
	t.Run("kill", l.kills)
}
