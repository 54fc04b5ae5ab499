package sshguest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/ovenbird-io/ovenbird/internal/guest"
)

const (
	// lingerLimit is how long output may stay silent after the command ended
	// while something in the background still holds it open.
	lingerLimit = 5 * time.Second
	killLimit   = 2 * time.Second // for a cancelled command to go quietly
)

// Run runs one command line in a new session. When ctx ends, the remote
// command is killed and the error is context.Cause(ctx).
func (c *Client) Run(ctx context.Context, cmd guest.Command) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	ch, reqs, err := c.open(ctx)
	if err != nil {
		return err
	}
	err = runOn(ctx, ch, reqs, cmd, c.target.PTY)
	if ctx.Err() != nil {
		c.sweep(ctx)
	}
	return err
}

// runOn runs the command in an open session.
func runOn(ctx context.Context, ch ssh.Channel, reqs <-chan *ssh.Request, cmd guest.Command, pty bool) error {
	r := newRunning(ch)
	defer func() { _ = ch.Close() }()
	if pty {
		if err := r.pty("xterm", guest.Size{Columns: 80, Rows: 40}, modeNoEcho); err != nil {
			return err
		}
	}
	go r.listen(reqs)
	if err := r.request(ctx, "exec", ssh.Marshal(struct{ Line string }{cmd.Line})); err != nil {
		return err
	}
	go r.copy(cmd.Stdout, ch)
	go r.copy(cmd.Stderr, ch.Stderr())
	go r.feed(cmd.Stdin)
	return r.wait(ctx)
}

// running is one command in the guest.
type running struct {
	ch     ssh.Channel
	exit   chan error // how it ended, once
	copied chan error // both outputs
	fed    chan error // reading its input failed
	heard  atomic.Int64
}

func newRunning(ch ssh.Channel) *running {
	return &running{ch: ch, exit: make(chan error, 1), copied: make(chan error, 2), fed: make(chan error, 1)}
}

// request asks for what runs in the session.
func (r *running) request(ctx context.Context, what string, payload []byte) error {
	done := make(chan error, 1)
	go func() {
		ok, err := r.ch.SendRequest(what, true, payload)
		if err == nil && !ok {
			done <- errors.New("starting a command: the guest refused")
			return
		}
		if err != nil {
			err = fmt.Errorf("starting a command: %w", errors.Join(guest.ErrLost, err))
		}
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// listen takes the exit status from the session's requests.
func (r *running) listen(reqs <-chan *ssh.Request) {
	end, known := guest.ErrLost, false
	for req := range reqs {
		switch req.Type {
		case "exit-status":
			var m struct{ Status uint32 }
			if ssh.Unmarshal(req.Payload, &m) == nil {
				end, known = nil, true
				if m.Status != 0 {
					end = &guest.ExitError{Status: int(m.Status)}
				}
			}
		case "exit-signal":
			var m struct {
				Signal     string
				CoreDumped bool
				Error      string
				Lang       string
			}
			if ssh.Unmarshal(req.Payload, &m) == nil {
				end, known = &guest.ExitError{Signal: m.Signal}, true
			}
		}
		if req.WantReply {
			_ = req.Reply(req.Type == "exit-status" || req.Type == "exit-signal", nil)
		}
		if known {
			break
		}
	}
	r.exit <- end
	go ssh.DiscardRequests(reqs)
}

func (r *running) copy(w io.Writer, from io.Reader) {
	if w == nil {
		w = io.Discard
	}
	_, err := io.Copy(heardWriter{w, &r.heard}, from)
	if err != nil {
		_, _ = io.Copy(io.Discard, from) // or the command would block
	}
	r.copied <- err
}

// heardWriter counts the writes, to tell silence from output.
type heardWriter struct {
	w io.Writer
	n *atomic.Int64
}

func (h heardWriter) Write(p []byte) (int, error) {
	h.n.Add(1)
	return h.w.Write(p)
}

// feed sends the input. A command that ends without reading all of it is no
// error; an input that cannot be read is, and the command must not take what
// came so far for the whole.
func (r *running) feed(in io.Reader) {
	if in != nil {
		if _, err := io.Copy(r.ch, readErrors{in, r.fed}); err != nil {
			return
		}
	}
	_ = r.ch.CloseWrite()
}

// readErrors reports failed reads on a channel.
type readErrors struct {
	r  io.Reader
	ch chan<- error
}

func (e readErrors) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		select {
		case e.ch <- err:
		default:
		}
	}
	return n, err
}

func (r *running) wait(ctx context.Context) error {
	var end error
	select {
	case end = <-r.exit:
	case err := <-r.fed:
		r.kill()
		return fmt.Errorf("reading what to send: %w", err)
	case <-ctx.Done():
		r.kill()
		return context.Cause(ctx)
	}
	outputs := 2
	quiet := time.NewTicker(lingerLimit)
	defer quiet.Stop()
	heard := r.heard.Load()
	var copyErr error
	for outputs > 0 {
		select {
		case err := <-r.copied:
			outputs--
			copyErr = errors.Join(copyErr, err)
		case <-quiet.C:
			if now := r.heard.Load(); now == heard {
				_ = r.ch.Close()
				r.drain(outputs)
				return end
			} else {
				heard = now
			}
		case <-ctx.Done():
			r.kill()
			return context.Cause(ctx)
		}
	}
	if end == nil && copyErr != nil {
		return fmt.Errorf("taking the output: %w", copyErr)
	}
	return end
}

// drain waits, not for long, until nothing is written to the caller any more.
func (r *running) drain(outputs int) {
	limit := time.After(killLimit)
	for range outputs {
		select {
		case <-r.copied:
		case <-limit:
			return
		}
	}
}

// kill ends the remote command; nothing blocks on a dead connection.
func (r *running) kill() {
	sent := make(chan struct{})
	go func() {
		_, _ = r.ch.SendRequest("signal", false, ssh.Marshal(struct{ Signal string }{"KILL"}))
		_ = r.ch.Close()
		close(sent)
	}()
	select {
	case <-sent:
	case <-time.After(killLimit):
		return
	}
	r.drain(2)
}
