package guest

// Pinned is a guest that tells which host keys it was known by, so that other
// programs of this machine can check that they reach the same one.
type Pinned interface {
	// HostKeys are lines as in authorized_keys: a type and the key. There are
	// none before the first connection.
	HostKeys() []string
}
