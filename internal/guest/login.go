package guest

import (
	"context"
	"net"
)

// Pinned is a guest that tells which host keys it was known by, so that other
// programs of this machine can check that they reach the same one.
type Pinned interface {
	// HostKeys are lines as in authorized_keys: a type and the key. There are
	// none before the first connection.
	HostKeys() []string
}

// Detoured is a guest that may be reached in another way than at its address,
// such as through a bastion or a proxy.
type Detoured interface {
	// Detour dials the guest's SSH server; nil is no detour.
	Detour() func(ctx context.Context) (net.Conn, error)
}
