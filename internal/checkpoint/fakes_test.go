package checkpoint

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/sealed"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
)

func key(name string) string { return sealed.Sum([]byte(name)) }

func openStore(t testing.TB) *Store {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "checkpoints"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// put publishes a checkpoint of two files; parent "" is none.
func put(t testing.TB, s *Store, name, parent string) *Checkpoint {
	t.Helper()
	d, err := s.Draft()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"disk", "ram"} {
		if err := os.WriteFile(d.Path(file), []byte(name+" "+file), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m := Meta{
		Key: key(name), Title: name, Build: "qemu.debian", Template: "debian.pkr.hcl", Made: time.Now(), Took: time.Second,
		Facts: []stepkey.Fact{{Name: "option inline", Value: `["true"]`}}, Data: []byte(`{"machine":"pc"}`),
	}
	if parent != "" {
		m.Parent = key(parent)
	}
	c, release, err := d.Publish(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	release()
	return c
}

// names lists a folder.
func names(t testing.TB, dir string) []string {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range all {
		list = append(list, e.Name())
	}
	return list
}

// TestMain lets the test binary stand in for another process: it does what the
// variable says, prints a line, and waits until it is killed or told to go on.
func TestMain(m *testing.M) {
	dir := os.Getenv("CHECKPOINT_STORE")
	if dir == "" {
		os.Exit(m.Run())
	}
	s, err := Open(dir)
	if err != nil {
		panic(err)
	}
	release := func() {}
	switch os.Getenv("CHECKPOINT_DO") {
	case "draft":
		d, err := s.Draft()
		if err == nil {
			err = os.WriteFile(d.Path("ram"), []byte("half"), 0o600)
		}
		if err != nil {
			panic(err)
		}
		defer d.Abandon() //nolint:errcheck // it is killed
	case "claim":
		var ok bool
		if release, ok, err = s.TryClaim(key("a")); err != nil || !ok {
			panic("the claim is taken")
		}
	case "hold":
		chain, err := s.Chain(key("a"))
		if err == nil {
			_, err = s.Hold(chain)
		}
		if err != nil {
			panic(err)
		}
	}
	_, _ = os.Stdout.WriteString("ready\n")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	release()
	_, _ = os.Stdout.WriteString("done\n")
	select {}
}

// other is another process that uses the store.
type other struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  *bufio.Reader
	tell func()
}

func start(t *testing.T, s *Store, do string) *other {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "CHECKPOINT_STORE="+s.dir, "CHECKPOINT_DO="+do)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	o := &other{t: t, cmd: cmd, out: bufio.NewReader(out), tell: func() { _, _ = in.Write([]byte("\n")) }}
	o.expect("ready")
	t.Cleanup(o.kill)
	return o
}

func (o *other) expect(word string) {
	o.t.Helper()
	if line, err := o.out.ReadString('\n'); strings.TrimSpace(line) != word {
		o.t.Fatalf("the other process says %q, %v", line, err)
	}
}

// kill is kill -9.
func (o *other) kill() {
	_ = o.cmd.Process.Kill()
	_ = o.cmd.Wait()
}
