package null

import (
	"bytes"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

func newNull(change func(*Builder)) *Builder {
	b, _ := New(builders.Env{}).(*Builder)
	if change != nil {
		change(b)
	}
	return b
}

func TestEnterAHost(t *testing.T) {
	s := sshtest.Start(t)
	host, port, err := net.SplitHostPort(s.Target().Addr)
	if err != nil {
		t.Fatal(err)
	}
	b := newNull(func(b *Builder) {
		b.Host, b.Username, b.Password = host, sshtest.User, sshtest.Password
		b.Port, err = strconv.Atoi(port)
	})
	if err != nil || b.Validate() != nil {
		t.Fatal(err, b.Validate())
	}
	m, err := b.Boot(t.Context(), &ui.UI{})
	if err != nil {
		t.Fatal(err)
	}
	g, err := m.Guest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	if err := g.Run(t.Context(), guest.Command{Line: "echo hello", Stdout: &said}); err != nil || said.String() != "hello\n" {
		t.Errorf("the host said %q, error %v", said.String(), err)
	}
	if info := m.(builders.Informer).Info(); info.Host != host || info.User != sshtest.User || info.ConnType != "ssh" || strconv.Itoa(info.Port) != port {
		t.Errorf("build.* is %+v", info)
	}
	art, err := m.Seal(t.Context())
	if err != nil || art.ID != "Null" || len(art.Files) > 0 || art.Destroy != nil {
		t.Errorf("artifact %+v, error %v", art, err)
	}
	if err := g.Run(t.Context(), guest.Command{Line: "true"}); err != nil {
		t.Errorf("sealing did something to the host: %v", err)
	}
	for range 2 {
		if err := m.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestNoHost(t *testing.T) {
	b := newNull(func(b *Builder) { b.Communicator = "none" })
	if err := b.Validate(); err != nil || !b.Guestless() {
		t.Fatal(err)
	}
	m, err := b.Boot(t.Context(), &ui.UI{})
	if err != nil {
		t.Fatal(err)
	}
	if g, err := m.Guest(t.Context()); g != nil || err != nil {
		t.Errorf("guest %v, error %v", g, err)
	}
	if err := m.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Builder)
		want   []string // options to blame
	}{
		"nothing set":     {nil, []string{"ssh_host", "ssh_username", "ssh_host"}},
		"winrm":           {func(b *Builder) { b.Communicator, b.Host = "winrm", "h" }, []string{"communicator"}},
		"complete":        {func(b *Builder) { b.Host, b.Username, b.AgentAuth = "h", "u", true }, nil},
		"two ways":        {func(b *Builder) { b.Host, b.Username, b.AgentAuth, b.Password = "h", "u", true, "p" }, []string{"ssh_host"}},
		"a bad port, too": {func(b *Builder) { b.Host, b.Username, b.Password, b.Port = "h", "u", "p", 70000 }, []string{"ssh_port"}},
	} {
		err := newNull(c.change).Validate()
		var got []string
		for _, p := range option.Problems(err) {
			got = append(got, p.Option)
		}
		if !slices.Equal(got, c.want) || err != nil && !strings.Contains(err.Error(), "ssh") && !strings.Contains(err.Error(), "SSH") {
			t.Errorf("%s: blamed %v, want %v", name, got, c.want)
		}
	}
}
