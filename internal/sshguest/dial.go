package sshguest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/ovenbird-io/ovenbird/internal/bounded"
)

// Target is how to reach and enter a guest.
type Target struct {
	// Dial opens the connection; nil dials Addr over TCP.
	Dial func(ctx context.Context) (net.Conn, error)
	Addr string // host:port; with Dial only for messages
	User string
	// Signers are tried in order, then Password, which also answers
	// keyboard-interactive.
	Signers  []ssh.Signer
	Password string
	// HostKeys are the keys the guest may have. Nil accepts any key, as is fit
	// only where nobody can stand between.
	HostKeys []ssh.PublicKey
	// Timeout is how long to wait for the guest, also when it comes back after
	// a reboot; 0 is without end.
	Timeout time.Duration
	// Pause is the time between first getting in and connecting for good, for
	// guests that restart sshd or their network while they set up.
	Pause time.Duration
	// HandshakeAttempts is how many refused logins are enough; 0 is any number.
	HandshakeAttempts int
	// KeepAlive is the time between keep-alives, 0 for 5 s, negative for none.
	KeepAlive time.Duration
	// ReadWriteTimeout ends a connection that is silent for so long; 0 is never.
	ReadWriteTimeout time.Duration
	Ciphers          []string // nil is our own order
	KeyExchanges     []string // nil is the library's order
	PTY              bool     // commands run on a pseudo terminal
	SFTP             bool     // files travel over SFTP instead of a command

	shown *shown // set by Dial
}

const (
	firstWait     = 200 * time.Millisecond // between attempts, at first
	longestWait   = 2 * time.Second
	refusedWait   = 3 * time.Second // after a refused login: users may still be in the making
	dialLimit     = 15 * time.Second
	bannerLimit   = 2 * time.Second // for the first byte of sshd, grows with each attempt
	bannerLongest = 15 * time.Second
	handshakeTime = time.Minute // for the rest of the handshake: emulated guests are slow
)

// errHostKey is a guest with another host key than it was given.
var errHostKey = errors.New("the guest's host key is not the one it was given; another machine answers at this address")

// Dial waits for the guest to let us in. It ends early with context.Cause(ctx)
// when ctx ends, at once when the host key is wrong, and after
// t.HandshakeAttempts refused logins.
func Dial(ctx context.Context, t Target) (*Client, error) {
	t.shown = &shown{}
	conn, err := connect(ctx, t)
	if err == nil && t.Pause > 0 {
		_ = conn.Close()
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("connecting to %s: %w", t.Addr, context.Cause(ctx))
		case <-time.After(t.Pause):
		}
		conn, err = connect(ctx, t)
	}
	if err != nil {
		return nil, err
	}
	return newClient(t, conn), nil
}

// Once connects without another attempt if that fails.
func Once(ctx context.Context, t Target) (*ssh.Client, error) { return handshake(ctx, t, dialLimit) }

// connect tries until it is in, or it is clear that it never will be.
func connect(ctx context.Context, t Target) (*ssh.Client, error) {
	where := fmt.Sprintf("%s@%s", t.User, t.Addr)
	var expired <-chan time.Time
	if t.Timeout > 0 {
		timer := time.NewTimer(t.Timeout)
		defer timer.Stop()
		expired = timer.C
	}
	wait, banner, refused := firstWait, bannerLimit, 0
	var last error
	for {
		conn, err := attempt(ctx, expired, t, banner)
		switch {
		case err == nil:
			return conn, nil
		case ctx.Err() != nil:
			return nil, fmt.Errorf("connecting to %s: %w", where, context.Cause(ctx))
		case errors.Is(err, errHostKey):
			return nil, fmt.Errorf("connecting to %s: %w", where, err)
		case errors.Is(err, errExpired):
			return nil, expiredError(where, t.Timeout, last)
		}
		last = err
		pause := wait
		wait = min(wait*3/2, longestWait)
		banner = min(banner+time.Second, bannerLongest)
		if isRefused(err) {
			refused++
			pause = refusedWait
			if t.HandshakeAttempts > 0 && refused >= t.HandshakeAttempts {
				return nil, fmt.Errorf("connecting to %s: login refused %d times (%s offered): %w", where, refused, t.methods(), err)
			}
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("connecting to %s: %w", where, context.Cause(ctx))
		case <-expired:
			return nil, expiredError(where, t.Timeout, last)
		case <-time.After(pause):
		}
	}
}

var errExpired = errors.New("timeout")

func expiredError(where string, after time.Duration, last error) error {
	if last == nil {
		last = errors.New("no answer")
	}
	return fmt.Errorf("connecting to %s: gave up after %s, last: %w", where, after, last)
}

// attempt dials and shakes hands once, in bounded time.
func attempt(ctx context.Context, expired <-chan time.Time, t Target, banner time.Duration) (*ssh.Client, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		client *ssh.Client
		err    error
	}
	done := make(chan result, 1)
	go func() {
		client, err := handshake(ctx, t, banner)
		done <- result{client, err}
	}()
	select {
	case r := <-done:
		return r.client, r.err
	case <-expired:
		cancel()
		if r := <-done; r.err == nil {
			return r.client, nil
		}
		return nil, errExpired
	}
}

func handshake(ctx context.Context, t Target, banner time.Duration) (*ssh.Client, error) {
	dialCtx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	dial := t.Dial
	if dial == nil {
		dial = func(ctx context.Context) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", t.Addr)
		}
	}
	raw, err := dial(dialCtx)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	conn := bounded.New(raw, banner, handshakeTime, t.ReadWriteTimeout)
	sc, chans, reqs, err := ssh.NewClientConn(conn, t.Addr, t.clientConfig())
	if err == nil && !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	conn.Established()
	return ssh.NewClient(sc, chans, reqs), nil
}

func (t Target) clientConfig() *ssh.ClientConfig {
	config := &ssh.ClientConfig{
		User:              t.User,
		HostKeyCallback:   t.checkHostKey,
		HostKeyAlgorithms: hostKeyAlgorithms(t.HostKeys),
	}
	config.Ciphers = t.Ciphers
	if len(config.Ciphers) == 0 {
		config.Ciphers = defaultCiphers()
	}
	config.KeyExchanges = t.KeyExchanges
	if len(t.Signers) > 0 {
		config.Auth = append(config.Auth, ssh.PublicKeys(t.Signers...))
	}
	if t.Password != "" {
		config.Auth = append(config.Auth, ssh.Password(t.Password), ssh.KeyboardInteractive(
			func(_, _ string, questions []string, _ []bool) ([]string, error) {
				answers := make([]string, len(questions))
				for i := range answers {
					answers[i] = t.Password
				}
				return answers, nil
			}))
	}
	return config
}

// defaultCiphers puts first what an emulated guest computes fastest: under TCG
// with the default CPU chacha20-poly1305 does five times the bytes of
// aes128-gcm, with "-cpu max" still a little more.
func defaultCiphers() []string {
	return []string{
		ssh.CipherChaCha20Poly1305, ssh.CipherAES128GCM, ssh.CipherAES256GCM,
		ssh.CipherAES128CTR, ssh.CipherAES192CTR, ssh.CipherAES256CTR,
	}
}

func (t Target) checkHostKey(_ string, _ net.Addr, key ssh.PublicKey) error {
	if t.HostKeys == nil {
		t.shown.note(key)
		return nil
	}
	for _, k := range t.HostKeys {
		if string(k.Marshal()) == string(key.Marshal()) {
			t.shown.note(key)
			return nil
		}
	}
	return fmt.Errorf("%w (it has %s %s)", errHostKey, key.Type(), ssh.FingerprintSHA256(key))
}

// hostKeyAlgorithms asks for the keys we can check, ed25519 first: it is the
// cheapest for an emulated guest.
func hostKeyAlgorithms(keys []ssh.PublicKey) []string {
	all := []string{
		ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521,
		ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA,
	}
	if keys == nil {
		return all
	}
	var usable []string
	for _, algo := range all {
		for _, k := range keys {
			kind := k.Type()
			if algo == kind || kind == ssh.KeyAlgoRSA && strings.HasPrefix(algo, "rsa-") {
				usable = append(usable, algo)
				break
			}
		}
	}
	return usable
}

func (t Target) methods() string {
	var m []string
	if n := len(t.Signers); n == 1 {
		m = append(m, "one key")
	} else if n > 1 {
		m = append(m, fmt.Sprintf("%d keys", n))
	}
	if t.Password != "" {
		m = append(m, "a password")
	}
	if m == nil {
		return "nothing"
	}
	return strings.Join(m, " and ")
}

// isRefused tells a refused login from a guest that is not up; the library has
// no type for it.
func isRefused(err error) bool {
	text := err.Error()
	return strings.Contains(text, "unable to authenticate") || strings.Contains(text, "Too many authentication failures")
}
