package ebs

import (
	"testing"

	"github.com/ovenbird-io/ovenbird/builders/ebs/network"
)

// TestWay tells how the instance is going to be entered, and so who is let in.
func TestWay(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		name    string
		change  func(*Builder)
		private bool // the subnet
		want    network.Way
	}{
		{"a public subnet", nil, false, network.Way{Port: 22}},
		{"a private subnet", nil, true, network.Way{Port: 22, Private: true}},
		{"a public address there", func(b *Builder) { b.Network.AssociatePublicIPAddress = &yes }, true, network.Way{Port: 22}},
		{"no public address", func(b *Builder) { b.Network.AssociatePublicIPAddress = &no }, false, network.Way{Port: 22, Private: true}},
		{"the private address", func(b *Builder) { b.Instance.SSHInterface = "private_ip" }, false, network.Way{Port: 22, Private: true}},
		{"the public name", func(b *Builder) { b.Instance.SSHInterface = "public_dns" }, true, network.Way{Port: 22}},
		{"IPv6", func(b *Builder) { b.Instance.SSHInterface = "ipv6" }, false, network.Way{Port: 22, IPv6: true}},
		{"another port", func(b *Builder) { b.SSH.Port = 2222 }, false, network.Way{Port: 2222}},
		{"nobody", func(b *Builder) { b.SSH.Communicator = "none" }, false, network.Way{}},
	} {
		m := machine{b: newBuilder(c.change), places: []network.Place{{Private: c.private}}}
		if got := m.way(); got.Port != c.want.Port || got.Private != c.want.Private || got.IPv6 != c.want.IPv6 || got.From != nil {
			t.Errorf("%s: got %+v", c.name, got)
		}
	}
	m := machine{b: newBuilder(func(b *Builder) { b.SSH.BastionHost = "bastion" }), places: []network.Place{{}}}
	if got := m.way(); len(got.From) != 1 || got.From[0] != "bastion" {
		t.Errorf("got %+v", got)
	}
}
