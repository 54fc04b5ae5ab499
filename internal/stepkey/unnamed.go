package stepkey

import "errors"

// ErrUnnamed is why a result cannot be remembered: not all that it depends on
// can be named.
var ErrUnnamed = errors.New("what it depends on cannot all be named")

// Unnamed is ErrUnnamed that says only why, in a few words.
func Unnamed(why string) error { return unnamed(why) }

type unnamed string

func (u unnamed) Error() string { return string(u) }
func (unnamed) Unwrap() error   { return ErrUnnamed }
