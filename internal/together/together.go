// Package together does things side by side.
package together

import (
	"errors"
	"sync"
)

// Do calls all of these, and joins their errors.
func Do(things ...func() error) error {
	return Each(len(things), func(i int) error { return things[i]() })
}

// Each calls do for the numbers below n, and joins the errors.
func Each(n int, do func(i int) error) error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { errs[i] = do(i) })
	}
	all.Wait()
	return errors.Join(errs...)
}
