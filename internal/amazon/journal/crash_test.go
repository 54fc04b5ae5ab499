package journal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"

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

func command(ctx context.Context, how string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), "JOURNAL_TEST_RUN="+how)
	cmd.Stderr = os.Stderr
	return cmd
}

// start starts a run, and waits until it has written all down.
func start(t *testing.T, dir, run string, n int) *exec.Cmd {
	t.Helper()
	cmd := command(t.Context(), "stay", dir, strconv.Itoa(n), run)
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

func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	out, err := command(t.Context(), "full", dir).Output()
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
