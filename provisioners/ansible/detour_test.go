package ansible

import (
	"bytes"
	"net"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/communicator"
	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// TestBehindABastion has Ansible enter a guest that only a bastion reaches.
func TestBehindABastion(t *testing.T) {
	for name, c := range map[string]struct {
		inventory string
		want, not []string
	}{
		"made for the build": {want: []string{"default ansible_host=127.0.0.1", "in the guest"}, not: []string{"guest.invalid", "bastion"}},
		"of one's own":       {inventory: "hosts", want: []string{"behind a bastion", "ANSIBLE_REMOTE_PORT=", "in the guest"}, not: []string{"REMOTE_PORT=22\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			target := b.server.Target()
			target.Dial = communicator.Through(sshtest.Start(t).Target(), net.JoinHostPort(b.env.Vars["Host"], b.env.Vars["Port"]))
			b.env.Vars["Host"], b.env.Vars["Port"] = "guest.invalid", "22"
			a, _ := New(b.env).(*Ansible)
			a.PlaybookFile, a.InventoryFile = "site.yml", c.inventory
			var said bytes.Buffer
			if err := a.Provision(t.Context(), sshtest.Dial(t, target), ui.New(ui.Options{Stdout: &said, Stderr: &said}).For("b")); err != nil {
				t.Errorf("%v\n%s", err, said.String())
			}
			for _, want := range c.want {
				if !strings.Contains(said.String(), want) {
					t.Errorf("no %q in\n%s", want, said.String())
				}
			}
			for _, not := range c.not {
				if strings.Contains(said.String(), not) {
					t.Errorf("%q in\n%s", not, said.String())
				}
			}
			if b.env.Vars["Host"] != "guest.invalid" {
				t.Error("the next provisioner is told of a port that is closed")
			}
		})
	}
}
