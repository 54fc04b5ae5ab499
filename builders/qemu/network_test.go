package qemu

import (
	"net"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/builders"
)

func TestFileServer(t *testing.T) {
	for name, c := range map[string]struct {
		bridge, bind string // "" is the default
		ip, listens  string
		fails        bool
	}{
		"user network":                {ip: "10.0.2.2", listens: "127.0.0.1"},
		"user network, all addresses": {bind: "0.0.0.0", ip: "10.0.2.2", listens: "0.0.0.0"},
		"a bridge":                    {bridge: "lo", ip: "127.0.0.1", listens: "127.0.0.1"},
		"a bridge, all addresses":     {bridge: "lo", bind: "0.0.0.0", ip: "127.0.0.1", listens: "0.0.0.0"},
		"a bridge that is not there":  {bridge: "no-bridge", listens: "", fails: true},
	} {
		b, _ := New(builders.Env{}).(*Builder)
		b.NetBridge = c.bridge
		if c.bind != "" {
			b.HTTPBindAddress = c.bind
		}
		if h := b.fileServer(); b.hostIP() != c.ip || h.HTTPBindAddress != c.listens {
			t.Errorf("%s: told %q, listens on %q", name, b.hostIP(), h.HTTPBindAddress)
		}
		m := &machine{b: b}
		if err := m.serveFiles(t.Context()); err != nil || m.files != nil {
			t.Errorf("%s: no files are to be served: %v", name, err)
		}
		b.HTTPBindAddress = "127.0.0.1" // nothing here listens anywhere else
		b.HTTPContent = map[string]string{"/x": "text"}
		err := m.serveFiles(t.Context())
		if (err != nil) != c.fails || err != nil && !strings.Contains(err.Error(), "no-bridge") {
			t.Errorf("%s: %v", name, err)
		}
		if m.files != nil {
			if err := m.files.Close(); err != nil {
				t.Error(err)
			}
		}
		if info := m.Info(); info.HTTPIP != c.ip || net.ParseIP(c.ip) == nil != c.fails {
			t.Errorf("%s: build.PackerHTTPIP is %q", name, info.HTTPIP)
		}
	}
}
