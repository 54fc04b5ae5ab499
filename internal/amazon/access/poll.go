package access

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// TimeoutError is something that took too long.
type TimeoutError struct {
	What  string // "the AMI ami-1 to become available"
	Limit time.Duration
	Last  error // of the last look, nil if it went well
}

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("waiting for %s: it took longer than %s", e.What, e.Limit)
}

func (e *TimeoutError) Unwrap() error { return e.Last }

// Is says that a limit of time was passed.
func (e *TimeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// Poll asks every one to two seconds whether something is done, within one
// limit for all of it. What says what is waited for: "the AMI ami-1 to become
// available". An error of done ends it; when the limit passes, it is a *TimeoutError.
func Poll(ctx context.Context, limit time.Duration, what string, done func(context.Context) (bool, error)) error {
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		ok, err := done(limited)
		switch {
		case ok && err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case limited.Err() != nil:
			return &TimeoutError{What: what, Limit: limit, Last: err}
		case err != nil:
			return err
		}
		timer := time.NewTimer(pause(time.Since(began)))
		select {
		case <-timer.C:
		case <-limited.Done():
			timer.Stop()
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return &TimeoutError{What: what, Limit: limit}
		}
	}
}

// pause is how long to wait before the next look: 1 to 1.3 s, and 1.5 to 2 s for
// what takes longer than a minute.
func pause(since time.Duration) time.Duration {
	least, jitter := time.Second, 300*time.Millisecond
	if since > time.Minute {
		least, jitter = 1500*time.Millisecond, 500*time.Millisecond
	}
	return least + rand.N(jitter) //nolint:gosec // no secret
}
