// Package undo remembers how to release what was acquired, in reverse order.
package undo

import (
	"context"
	"errors"
	"sync"
)

// Stack is a list of things to undo. The zero value is ready; it is safe for
// concurrent use.
type Stack struct {
	mu  sync.Mutex
	fns []func(context.Context) error
}

// Push adds one undo; write it right below the call that acquired.
func (s *Stack) Push(fn func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fns = append(s.fns, fn)
}

// Run undoes everything, newest first, even when some of it fails, and leaves
// the stack empty. Cancelling ctx does not stop it; its deadline is the
// caller's to set (context.WithoutCancel and a timeout).
func (s *Stack) Run(ctx context.Context) error {
	s.mu.Lock()
	fns := s.fns
	s.fns = nil
	s.mu.Unlock()
	var errs []error
	for i := len(fns) - 1; i >= 0; i-- {
		errs = append(errs, fns[i](ctx))
	}
	return errors.Join(errs...)
}
