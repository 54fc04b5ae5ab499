package journal

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestMain lets the tests start this program as a run of its own.
func TestMain(m *testing.M) {
	switch os.Getenv("JOURNAL_TEST_RUN") {
	case "":
		os.Exit(m.Run())
	case "stay":
		stay()
	case "full":
		full()
	}
}

// stay writes down what its arguments say, says "ready", and lives on.
func stay() {
	j, err := Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	n, _ := strconv.Atoi(os.Args[2])
	for i := range n {
		c, err := j.Intend(Entry{Run: os.Args[3], Kind: "instance", Name: fmt.Sprint(i)})
		if err != nil {
			panic(err)
		}
		if i%2 == 1 {
			if err := c.Made(fmt.Sprintf("i-%d", i)); err != nil {
				panic(err)
			}
		}
	}
	fmt.Println("ready")
	select {}
}

// full writes until the file can grow no more, and tells how each story ended.
func full() {
	signal.Ignore(syscall.SIGXFSZ)
	limit := unix.Rlimit{Cur: 6000, Max: 6000} // bytes of a file: the disk is full
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		panic(err)
	}
	j, err := Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	var all []*Claim
	for {
		c, err := j.Intend(Entry{Kind: "instance", Name: strings.Repeat("x", 100)})
		if err != nil {
			fmt.Println(err)
			break
		}
		all = append(all, c)
	}
	for i, c := range all {
		if err := errors.Join(c.Made(fmt.Sprintf("i-%064d", i)), c.Finished()); err != nil {
			fmt.Println("no room for the story of", i, err)
		}
	}
	fmt.Println(len(all))
}

func command(how string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "JOURNAL_TEST_RUN="+how)
	cmd.Stderr = os.Stderr
	return cmd
}

// start starts a run, and waits until it has written all down.
func start(t *testing.T, dir, run string, n int) *exec.Cmd {
	t.Helper()
	cmd := command("stay", dir, strconv.Itoa(n), run)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	return cmd
}

func open(t *testing.T, dir string) *Journal {
	t.Helper()
	j, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func files(t *testing.T, dir string) int {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(escape(dir), "*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func names(t *testing.T, j *Journal) string {
	t.Helper()
	all, err := j.Left()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range all {
		names = append(names, e.Run+"/"+e.Name+"/"+e.ID)
	}
	return strings.Join(names, " ")
}

func TestKilled(t *testing.T) {
	dir := t.TempDir()
	one, two := start(t, dir, "one", 3), start(t, dir, "two", 1)
	j := open(t, dir)
	if got := names(t, j); got != "" {
		t.Errorf("of runs that live: %s", got)
	}
	if all, err := j.Living(); err != nil || len(all) != 4 {
		t.Errorf("runs that live have %v, %v", all, err)
	}
	_ = one.Process.Kill()
	_ = one.Wait()
	if got := names(t, j); got != "one/0/ one/1/i-1 one/2/" {
		t.Errorf("of the one that is dead: %s", got)
	}
	claims, err := j.Adopt(func(e Entry) bool { return e.Name != "2" })
	if err != nil || len(claims) != 2 {
		t.Fatalf("got %v, %v", claims, err)
	}
	if got := names(t, open(t, dir)); got != "one/2/" {
		t.Errorf("left after two were adopted: %s", got)
	}
	for _, c := range claims {
		if err := c.Struck(); err != nil {
			t.Error(err)
		}
	}
	_ = two.Process.Kill()
	_ = two.Wait()
	all, err := j.Adopt(func(Entry) bool { return true })
	if err != nil || len(all) != 2 {
		t.Fatalf("got %v, %v", all, err)
	}
	for _, c := range all {
		if err := errors.Join(c.Struck(), c.Struck(), c.Made("x")); err != nil { // more than once is no trouble
			t.Error(err)
		}
	}
	if n := files(t, dir); n != 0 {
		t.Errorf("%d files are left", n)
	}
}

// TestAdoptedThenKilled has the one who takes over die, too.
func TestAdoptedThenKilled(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	if _, err := first.Intend(Entry{Run: "r", Name: "a"}); err != nil {
		t.Fatal(err)
	}
	_ = first.Close()
	for range 3 {
		heir := open(t, dir)
		claims, err := heir.Adopt(func(Entry) bool { return true })
		if err != nil || len(claims) != 1 || claims[0].Entry().Name != "a" {
			t.Fatalf("got %v, %v", claims, err)
		}
		_ = heir.Close()
	}
	if n := files(t, dir); n != 1 {
		t.Errorf("%d files", n)
	}
}

func TestStory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "odd [name]*")
	j := open(t, dir)
	made := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	e := Entry{Run: "r", Template: "t", Region: "eu", Endpoint: "http://x", Account: "1", Kind: "image", Token: "k", Name: "n", Made: made, Expires: made.Add(time.Hour)}
	c, err := j.Intend(e)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Made("ami-1"), c.Finished()); err != nil {
		t.Fatal(err)
	}
	e.ID, e.Finished = "ami-1", true
	if got := c.Entry(); got != e {
		t.Errorf("got  %+v\nwant %+v", got, e)
	}
	_ = j.Close()
	if all, err := open(t, dir).Left(); err != nil || !reflect.DeepEqual(all, []Entry{e}) {
		t.Errorf("got %+v, %v", all, err)
	}
}

// TestTorn cuts and damages what was written at every byte: all lines before
// stay as they were, and the file can be written on.
func TestTorn(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	for _, name := range []string{"a", "b"} {
		if _, err := j.Intend(Entry{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	path := j.file.Name()
	_ = j.Close()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text = append(bytes.TrimRight(text, "\n"), '\n')
	second := bytes.IndexByte(text, '\n') + 1
	for cut := second; cut < len(text); cut++ {
		if err := os.WriteFile(path, text[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		want := "/a/"
		if cut == len(text)-1 { // only the end of the line is missing
			want = "/a/ /b/"
		}
		if got := names(t, j); got != want {
			t.Fatalf("cut at %d: %q", cut, got)
		}
		if got := names(t, j); got != want {
			t.Fatalf("cut at %d, and mended: %q", cut, got)
		}
	}
	for i := range second - 1 {
		bad := append([]byte(nil), text...)
		bad[i] ^= 1
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := names(t, j); got != "/b/" {
			t.Fatalf("damaged at %d: %q", i, got)
		}
	}
}

func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	out, err := command("full", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "so it was not: ") || !strings.Contains(lines[0], "file too large") {
		t.Fatalf("got %q", lines)
	}
	all, err := open(t, dir).Left()
	if err != nil || strconv.Itoa(len(all)) != lines[1] || len(all) == 0 {
		t.Fatalf("%d are left, %s were written: %v", len(all), lines[1], err)
	}
	for _, e := range all {
		if !e.Finished || e.ID == "" {
			t.Errorf("its story is lost: %+v", e)
		}
	}
}

func TestNoFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	j := open(t, dir)
	if c, err := j.Intend(Entry{Kind: "volume", Name: "v"}); c != nil || err == nil || !strings.HasPrefix(err.Error(), "writing down that the volume v is about to be made, so it was not: ") {
		t.Errorf("got %v, %v", c, err)
	}
}

func TestTags(t *testing.T) {
	at := time.Date(2026, 5, 6, 9, 8, 9, 0, time.FixedZone("", 7200))
	for until, expires := range map[string]time.Time{"2026-05-06T07:08:09Z": at, "never": {}} {
		want := map[string]string{"ovenbird:run": "r", "ovenbird:template": "t", "ovenbird:expires": until, "ovenbird:made-by": "ovenbird"}
		if got := Tags("r", "t", expires); !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}
