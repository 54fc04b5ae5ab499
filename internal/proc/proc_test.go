package proc

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestRun(t *testing.T) {
	if err := Run(t.Context(), exec.CommandContext(t.Context(), "true")); err != nil {
		t.Error(err)
	}
	var exit *exec.ExitError
	if err := Run(t.Context(), exec.CommandContext(t.Context(), "sh", "-c", "exit 3")); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("status 3 gives %v", err)
	}
	if err := Run(t.Context(), exec.CommandContext(t.Context(), "/does/not/exist")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing program gives %v", err)
	}
}

// gone waits until no process has the id.
func gone(t *testing.T, pid int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); syscall.Kill(pid, 0) == nil && !zombie(pid); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("process %d lives on", pid)
		}
	}
}

// zombie says that a process has ended and only waits for its parent to notice.
func zombie(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || strings.Contains(string(stat), ") Z ")
}

func TestCancelKillsTheWholeGroup(t *testing.T) {
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "sleep 1000 & echo $!; wait")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p, err := Start(ctx, cmd)
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	cancel(why)
	if err := p.Wait(); err == nil {
		t.Error("a killed program ended well")
	}
	gone(t, child)
	if err := Run(ctx, exec.CommandContext(t.Context(), "sleep", "1000")); !errors.Is(err, why) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestMain lets the test binary stand in for a program that is killed.
func TestMain(m *testing.M) {
	if os.Getenv("PROC_PARENT") == "" {
		os.Exit(m.Run())
	}
	p, err := Start(context.Background(), exec.CommandContext(context.Background(), "sleep", "1000"))
	if err != nil {
		panic(err)
	}
	_, _ = os.Stdout.WriteString(strconv.Itoa(p.Pid()) + "\n")
	select {} // until killed
}

func TestKill9TakesTheProgramAlong(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "PROC_PARENT=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); err != nil {
		t.Fatalf("the program never ran: %v", err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	gone(t, pid)
}
