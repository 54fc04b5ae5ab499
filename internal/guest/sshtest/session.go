package sshtest

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

func (s *Server) session(nc ssh.NewChannel) {
	ch, reqs, err := nc.Accept()
	if err != nil {
		return
	}
	defer func() { _ = ch.Close() }()
	var running *exec.Cmd
	var terminal []string
	done := make(chan struct{})
	for {
		select {
		case <-done:
			return
		case req, ok := <-reqs:
			if !ok {
				kill(running, syscall.SIGHUP)
				return
			}
			switch req.Type {
			case "pty-req":
				terminal = pty(req)
				_ = req.Reply(true, nil)
			case "window-change":
				s.resized(req)
			case "exec", "shell":
				cmd := s.command(line(req))
				cmd.Env = append(cmd.Env, terminal...)
				_ = req.Reply(true, nil)
				out, err := start(cmd, ch)
				if err != nil {
					return
				}
				running = cmd
				go func() { finish(cmd, out, ch); close(done) }()
			case "subsystem":
				_ = req.Reply(true, nil)
				go func() { serveSFTP(ch); close(done) }()
			case "signal":
				kill(running, syscall.SIGKILL)
			default:
				_ = req.Reply(true, nil)
			}
		}
	}
}

// line is the command of a request; a login shell reads its commands.
func line(req *ssh.Request) string {
	var m struct{ Line string }
	if req.Type == "shell" || ssh.Unmarshal(req.Payload, &m) != nil {
		return "exec /bin/sh"
	}
	return m.Line
}

// pty is what the environment tells of a terminal, which is none.
func pty(req *ssh.Request) []string {
	var m struct {
		Term          string
		Columns, Rows uint32
		Rest          []byte `ssh:"rest"`
	}
	_ = ssh.Unmarshal(req.Payload, &m)
	return []string{"TERM=" + m.Term, fmt.Sprintf("SIZE=%dx%d", m.Columns, m.Rows)}
}

// resized writes the terminal's new size to the file "window".
func (s *Server) resized(req *ssh.Request) {
	var m struct {
		Columns, Rows uint32
		Rest          []byte `ssh:"rest"`
	}
	_ = ssh.Unmarshal(req.Payload, &m)
	path := filepath.Join(s.Root, "window")
	_ = os.WriteFile(path+".new", fmt.Appendf(nil, "%dx%d\n", m.Columns, m.Rows), 0o600)
	_ = os.Rename(path+".new", path)
}

func (s *Server) command(line string) *exec.Cmd {
	cmd := exec.Command("/bin/sh", "-c", line) //nolint:noctx // it ends with its channel
	cmd.Env = append(append(os.Environ(), "OVENBIRD_ROOT="+s.Root), s.Env...)
	cmd.Dir = s.Root
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// pipes are the outputs of a command on their way to the channel.
type pipes struct{ copies sync.WaitGroup }

func start(cmd *exec.Cmd, ch ssh.Channel) (*pipes, error) {
	p := &pipes{}
	var ends []*os.File
	defer func() {
		for _, f := range ends {
			_ = f.Close()
		}
	}()
	pipe := func(to io.Writer) (*os.File, error) {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		ends = append(ends, w)
		p.copies.Go(func() {
			_, _ = io.Copy(to, r)
			_ = r.Close()
		})
		return w, nil
	}
	var err error
	if cmd.Stdout, err = pipe(ch); err != nil {
		return nil, err
	}
	if cmd.Stderr, err = pipe(ch.Stderr()); err != nil {
		return nil, err
	}
	stdin, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	ends = append(ends, stdin)
	cmd.Stdin = stdin
	go func() {
		_, _ = io.Copy(w, ch)
		_ = w.Close()
	}()
	return p, cmd.Start()
}

// finish sends the exit status as soon as the process ends, and returns when
// its output ends, as OpenSSH does: something in the background may hold it.
func finish(cmd *exec.Cmd, p *pipes, ch ssh.Channel) {
	defer p.copies.Wait()
	_ = cmd.Wait()
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		names := map[syscall.Signal]string{syscall.SIGKILL: "KILL", syscall.SIGTERM: "TERM", syscall.SIGHUP: "HUP"}
		_, _ = ch.SendRequest("exit-signal", false, ssh.Marshal(struct {
			Signal     string
			CoreDumped bool
			Error      string
			Lang       string
		}{names[status.Signal()], false, "", ""}))
		return
	}
	_, _ = ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(cmd.ProcessState.ExitCode())}))
}

func kill(cmd *exec.Cmd, signal syscall.Signal) {
	if cmd != nil && cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, signal)
	}
}

func serveSFTP(ch ssh.Channel) {
	server, err := sftp.NewServer(ch)
	if err != nil {
		return
	}
	_ = server.Serve()
	_ = server.Close()
}
