//go:build vm

package acceptance

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
)

// baking is the example, which is baked beside the scripts.
type baking struct {
	begin func()
	based chan struct{} // closed when the base disk is there
	done  chan struct{} // closed when all is
	err   error         // once that is done
}

func (l *lab) bakeOnce(t *testing.T) *baking {
	b := &baking{based: make(chan struct{}), done: make(chan struct{})}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), bakeTimeout)
	b.begin = sync.OnceFunc(func() {
		go func() {
			defer close(b.done)
			b.err = l.bakeExample(ctx, func() { close(b.based) })
		}()
	})
	t.Cleanup(func() {
		cancel()
		b.begin() // which ends at once, if nobody has begun it
		<-b.done
	})
	return b
}

// bakeExample bakes the example; nothing but the result may be left.
func (l *lab) bakeExample(ctx context.Context, based func()) error {
	template, err := filepath.Abs("../examples/web-appliance")
	if err != nil {
		return err
	}
	tmp := filepath.Join(l.dir, "tmp")
	if err := os.Mkdir(tmp, 0o777); err != nil {
		return err
	}
	r := run{
		binary: l.binary, dir: l.dir, env: l.environ("TMPDIR=" + tmp),
		args:  []string{"build", "-var", "output=example", template},
		until: regexp.MustCompile(`qemu\.web: booting`),
		react: func(context.Context, *exec.Cmd) error { based(); return nil },
	}
	if err := r.expect(ctx, 0); err != nil {
		return err
	}
	return clean(tmp, []string{filepath.Join(l.dir, ".*")})
}

// base is the disk that the templates of the tests start from: the example's,
// or the one that OVENBIRD_BASE names.
func (l *lab) base() (string, error) {
	if base := os.Getenv("OVENBIRD_BASE"); base != "" {
		return base, nil
	}
	l.example.begin()
	base := filepath.Join(l.dir, "example-base", "bookworm.qcow2")
	select {
	case <-l.example.based:
		return base, nil
	case <-l.example.done: // both are, by and by
		return base, l.example.err
	}
}

// exampleDir is the folder of the example's artifact.
func (l *lab) exampleDir() (string, error) {
	l.example.begin()
	<-l.example.done
	return filepath.Join(l.dir, "example"), l.example.err
}
