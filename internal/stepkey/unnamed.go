package stepkey

import "errors"

// ErrUnnamed is why a result cannot be remembered: not all that it depends on
// can be named.
var ErrUnnamed = errors.New("what it depends on cannot all be named")
