package ebs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/ovenbird-io/ovenbird/builders/ebs/cleaning"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/ec2box"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// lab is a sandbox EC2 of which every instance is one SSH server.
type lab struct {
	*testing.T
	*ec2box.Server
	handler http.Handler // the sandbox, or another service
	ssh     *sshtest.Server
	image   string // to start from, in eu-west-1
	url     string
	addr    string // of the SSH server

	mu   sync.Mutex
	said []string

	began, sealed time.Time // of the last bake
}

// keyMaterial is the private key in an answer of CreateKeyPair.
var keyMaterial = regexp.MustCompile(`(?s)<keyMaterial>(.*?)</keyMaterial>`)

func newLab(t *testing.T, timing ec2box.Timing) *lab {
	t.Helper()
	l := &lab{T: t, ssh: sshtest.Start(t)}
	l.addr = l.ssh.Addr
	host, port, err := net.SplitHostPort(l.ssh.Addr)
	if err != nil {
		t.Fatal(err)
	}
	number, _ := strconv.Atoi(port)
	l.Server, err = ec2box.New(ec2box.Options{Dir: t.TempDir(), Machines: &ec2box.NoMachines{Host: host, Port: number}, Timing: timing})
	if err != nil {
		t.Fatal(err)
	}
	l.handler = l.Server
	web := httptest.NewServer(http.HandlerFunc(l.serve))
	l.url = web.URL
	t.Cleanup(func() {
		web.Close()
		if err := l.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if l.image, err = l.AddImage(t.Context(), ec2box.Image{Region: "eu-west-1", Name: "base", Tags: map[string]string{"OS": "Debian"}}); err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{
		"OVENBIRD_STATE_DIR": t.TempDir(), "AWS_ENDPOINT_URL": web.URL, "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": ec2box.AccessKey,
		"AWS_SECRET_ACCESS_KEY": ec2box.SecretKey, "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
	} {
		t.Setenv(key, value)
	}
	return l
}

// serve answers as the sandbox does, and lets the key in that it has made.
func (l *lab) serve(w http.ResponseWriter, r *http.Request) {
	answer := httptest.NewRecorder()
	l.handler.ServeHTTP(answer, r)
	if found := keyMaterial.FindSubmatch(answer.Body.Bytes()); found != nil {
		pem := strings.NewReplacer("&#xA;", "\n", "&#10;", "\n", "&#xD;", "", "&#13;", "").Replace(string(found[1]))
		signer, err := ssh.ParsePrivateKey([]byte(pem))
		if err != nil {
			l.Error(err)
		}
		l.ssh.Key = signer
	}
	for key, values := range answer.Header() {
		w.Header()[key] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// builder is one whose instances are the SSH server.
func (l *lab) builder(change func(*Builder)) *Builder {
	_, port, _ := net.SplitHostPort(l.addr)
	return newBuilder(func(b *Builder) {
		b.Source.SourceAMI, b.SSH.Username = l.image, sshtest.User
		b.SSH.Port, _ = strconv.Atoi(port)
		b.SSH.Timeout = 20 * time.Second
		b.Cleaning.Seal = &cleaning.Seal{Keep: []string{"trim"}} // of this machine
		if change != nil {
			change(b)
		}
		if err := b.Validate(); err != nil {
			l.Fatal(err)
		}
	})
}

// Event notes what is told.
func (l *lab) Event(e ui.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, text := e.Words(); text != "" {
		l.said = append(l.said, text)
	}
}

// told says whether a text was told.
func (l *lab) told(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.said, func(s string) bool { return strings.Contains(s, text) })
}

func (l *lab) out() *ui.UI { return ui.New(ui.Options{Sink: l}).For("amazon-ebs.web") }

// bake bakes, with one step.
func (l *lab) bake(ctx context.Context, b *Builder) (made *artifact.Artifact, err error) {
	l.began = time.Now()
	m, err := b.Boot(ctx, l.out())
	if err != nil {
		return nil, err
	}
	defer func() {
		if closeErr := m.Close(context.WithoutCancel(ctx)); closeErr != nil {
			err = errors.Join(err, fmt.Errorf("closing: %w", closeErr))
		}
	}()
	g, err := m.Guest(ctx)
	if err != nil {
		return nil, err
	}
	if g == nil {
		return m.Seal(ctx)
	}
	if err := g.Run(ctx, guest.Command{Line: "touch \"$OVENBIRD_ROOT/baked\""}); err != nil {
		return nil, err
	}
	defer func() { l.sealed = time.Now() }()
	return m.Seal(ctx)
}

// forgotten says that nothing stands in the journal any more.
func (l *lab) forgotten() {
	l.Helper()
	j, err := journal.Open("")
	if err != nil {
		l.Fatal(err)
	}
	if left, err := j.Left(); len(left) > 0 || err != nil {
		l.Errorf("in the journal: %+v, %v", left, err)
	}
}

// left counts what is there by kind, such as "image:1 snapshot:1".
func (l *lab) left() string {
	var all []string
	for kind, n := range l.Inspect().Counts() {
		all = append(all, fmt.Sprintf("%s:%d", kind, n))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}
