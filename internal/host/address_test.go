package host

import (
	"net"
	"strings"
	"testing"
)

func TestAddressOn(t *testing.T) {
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if i.Flags&net.FlagLoopback == 0 {
			continue
		}
		if at, err := AddressOn(i.Name); err != nil || !strings.HasPrefix(at, "127.") {
			t.Errorf("%s: %q, %v", i.Name, at, err)
		}
	}
	if at, err := AddressOn("no-bridge"); err == nil || !strings.Contains(err.Error(), "no-bridge") {
		t.Errorf("got %q, %v", at, err)
	}
}
