package qemu

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/digitalocean/go-qemu/qmp"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/fileserver"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/proc"
	"github.com/ovenbird-io/ovenbird/internal/scratch"
	"github.com/ovenbird-io/ovenbird/internal/sshguest"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/internal/undo"
)

// emulatedPatience is how many times longer an emulated guest may take.
const emulatedPatience = 4

// The files that tell what a guest showed.
const (
	consoleLog = "console.log"
	screenshot = "screen.png"
)

// machine is a running QEMU.
type machine struct {
	b       *Builder
	out     *ui.UI
	undo    undo.Stack
	accel   string
	login   login
	image   *scratch.Dir // becomes the output folder
	private *scratch.Dir // sockets, seed, console log
	qemu    *proc.Process
	monitor *monitor
	console *console
	stderr  words
	files   *fileserver.Server
	full    chan struct{} // closed when the host's disk is full
	port    int           // where the guest's SSH server is reached
	client  *sshguest.Client
	sealed  bool // the image is published
	keep    bool // its disk stays after a failure
}

// Guest waits until the guest lets us in and is ready.
func (m *machine) Guest(ctx context.Context) (guest.Guest, error) {
	if m.b.Communicator == "none" {
		return nil, nil //nolint:nilnil // no guest is no error: builders.Machine says so
	}
	ctx, cancel := m.watch(ctx)
	defer cancel()
	target, err := m.b.Target(m.host(), m.port, m.login.signers()...)
	if err != nil {
		return nil, err
	}
	target.User, target.HostKeys = m.login.user, m.login.hostKeys
	target.Timeout = m.patience(target.Timeout)
	if m.accel == "tcg" {
		target.HandshakeAttempts *= emulatedPatience
	}
	m.out.Say("waiting for SSH on %s", target.Addr)
	if m.client, err = sshguest.Dial(ctx, target); err != nil {
		return nil, err
	}
	m.undo.Push(func(context.Context) error { return m.client.Close() })
	m.out.Say("connected; waiting until the guest is ready")
	if err := guest.Ready(ctx, m.client, m.out); err != nil {
		return nil, err
	}
	return &visitor{Client: m.client, m: m}, nil
}

func (m *machine) host() string {
	if m.b.Host != "" {
		return m.b.Host
	}
	return "127.0.0.1"
}

func (m *machine) patience(d time.Duration) time.Duration {
	if m.accel == "tcg" {
		return d * emulatedPatience
	}
	return d
}

// watchDisk notices that QEMU has stopped the guest because there is no room
// for what it writes.
func (m *machine) watchDisk() {
	failed := m.monitor.expect(func(e qmp.Event) bool { return e.Event == "BLOCK_IO_ERROR" && e.Data["nospace"] == true })
	go func() {
		if _, ok := <-failed; ok {
			close(m.full)
		}
	}()
}

// watch gives a context that also ends when waiting has become pointless:
// QEMU has ended, the guest's kernel has panicked, or the host's disk is full.
func (m *machine) watch(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-m.qemu.Done():
			cancel(m.died())
		case <-m.console.panic:
			cancel(errors.New(signs[0].meaning))
		case <-m.full:
			cancel(fmt.Errorf("the host's disk is full: the guest's disk in %s cannot grow; free some space there", filepath.Dir(filepath.Clean(m.b.OutputDirectory))))
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// died is the error of a QEMU that has ended, nil while it runs.
func (m *machine) died() error {
	select {
	case <-m.qemu.Done():
	default:
		return nil
	}
	end := "it exited with status 0"
	if err := m.qemu.Wait(); err != nil {
		end = err.Error()
	}
	if text := m.stderr.String(); text != "" {
		return fmt.Errorf("QEMU ended unexpectedly (%s): %s", end, text)
	}
	return fmt.Errorf("QEMU ended unexpectedly (%s)", end)
}

// orDeath prefers the death of QEMU, which explains much, to what it caused.
func (m *machine) orDeath(err error) error {
	select {
	case <-m.qemu.Done():
		return m.died()
	case <-time.After(100 * time.Millisecond): // a socket closes a moment before its process ends
		return err
	}
}

// Info is what templates see as build.*.
func (m *machine) Info() builders.Info {
	info := builders.Info{
		ID: "VM", Host: m.host(), Port: m.port, User: m.login.user, Password: m.b.Password,
		ConnType: m.b.Communicator, HTTPIP: natHost,
		SSHPublicKey: m.login.key.Authorized, SSHPrivateKey: m.login.key.PEM,
	}
	if m.files != nil {
		info.HTTPPort = m.files.Port()
	}
	return info
}

// Explain tells what the guest showed, and saves the console's log and a
// screenshot beside the output folder.
func (m *machine) Explain(ctx context.Context) []string {
	var hints []string
	if m.client == nil {
		lines, meaning := m.console.last(20)
		if meaning != "" {
			hints = append(hints, meaning)
		}
		if len(lines) > 0 {
			hints = append(hints, "the guest's console, its last lines:")
			for _, l := range lines {
				hints = append(hints, "  | "+l)
			}
		} else {
			hints = append(hints, "the guest wrote nothing to its serial console (its kernel needs console=ttyS0)")
		}
	}
	folder := m.b.evidence()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return append(hints, "no evidence was saved: "+err.Error())
	}
	if path, err := m.saveConsole(folder); err == nil {
		hints = append(hints, "the guest's console: "+path)
	}
	if path, err := m.saveScreen(ctx, folder); err == nil {
		hints = append(hints, "the guest's screen: "+path)
	}
	return hints
}

func (m *machine) saveConsole(folder string) (string, error) {
	text, err := os.ReadFile(m.private.Join(consoleLog))
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, consoleLog)
	return path, os.WriteFile(path, text, 0o644)
}

func (m *machine) saveScreen(ctx context.Context, folder string) (string, error) {
	if dead := m.died(); dead != nil {
		return "", dead
	}
	path, err := filepath.Abs(filepath.Join(folder, screenshot))
	if err != nil {
		return "", err
	}
	return filepath.Join(folder, screenshot), m.monitor.run(ctx, nil, "screendump", map[string]any{"filename": path, "format": "png"})
}

// evidence is the folder of what explains a failure, beside the output folder.
func (b *Builder) evidence() string { return filepath.Clean(b.OutputDirectory) + "-failed" }

// Close stops the machine, if it still runs, and removes all but the artifact.
func (m *machine) Close(ctx context.Context) error {
	m.keep = m.b.env.Keep && !m.sealed
	return m.undo.Run(ctx)
}

// stopQEMU ends QEMU and waits for its end.
func (m *machine) stopQEMU(ctx context.Context) error {
	m.qemu.Kill()
	select {
	case <-m.qemu.Done():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stopping QEMU (pid %d): %w", m.qemu.Pid(), context.Cause(ctx))
	}
}

// words keeps the last 4 KiB of what a program says.
type words struct{ text []byte }

func (w *words) Write(p []byte) (int, error) {
	w.text = append(w.text, p...)
	w.text = w.text[max(0, len(w.text)-4096):]
	return len(p), nil
}

func (w *words) String() string { return strings.TrimSpace(string(w.text)) }
