package world

import (
	"errors"
	"testing"
)

func TestNoMachines(t *testing.T) {
	n := &NoMachines{Port: 2200}
	m, err := n.Start(t.Context(), Launch{ID: "i-1"})
	if err != nil {
		t.Fatal(err)
	}
	if host, port := m.Address(); host != "127.0.0.1" || port != 2200 {
		t.Errorf("it is at %s:%d", host, port)
	}
	if err := m.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-m.Done()
	if err := errors.Join(m.Start(t.Context()), m.Terminate(t.Context())); err != nil {
		t.Fatal(err)
	}
	<-m.Done()
	if all := n.Started(); len(all) != 1 || string(all[0].Console()) != "console of i-1\n" {
		t.Errorf("started %v", all)
	}
}
