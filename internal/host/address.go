package host

import (
	"fmt"
	"net"
)

// AddressOn is this host's first IPv4 address on a network interface, such as a
// bridge.
func AddressOn(name string) (string, error) {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return "", fmt.Errorf("looking for the interface %s: %w", name, err)
	}
	all, err := i.Addrs()
	if err != nil {
		return "", fmt.Errorf("looking for an address on %s: %w", name, err)
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil {
			return n.IP.String(), nil
		}
	}
	return "", fmt.Errorf("the interface %s has no IPv4 address", name)
}
