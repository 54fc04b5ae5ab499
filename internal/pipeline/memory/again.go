package memory

import (
	"time"

	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
)

// Again is for a step of that index that failed, and is to be done once more as
// now tells, which may be nil. It gives the chain of the machine as it was
// before the step, nil if that is not kept; same says that all that ran before
// is what now tells of it. Else nothing more is remembered.
func (s *Session) Again(now *Memory, step int) (chain []*checkpoint.Checkpoint, same bool, err error) {
	if s == nil {
		return nil, true, nil
	}
	s.Settle()
	if same = now != nil && step <= min(len(now.Steps), len(s.Steps)) && now.Steps[step-1].Key == s.Steps[step-1].Key; same {
		s.Memory = now
	}
	s.unclaim() // of what the step was
	if s.Before(step) {
		if chain, err = s.Store.Chain(s.parent.Key); err != nil {
			return nil, same, err
		}
		s.since = time.Now()
	}
	if !same || chain == nil { // the machine is none that the keys tell of
		s.Stop()
	}
	if len(s.Ran) > 0 {
		s.Ran[len(s.Ran)-1] = time.Now()
	}
	return chain, same, nil
}

// Since is the time before which no step may have begun that is still good at
// now; zero when any is.
func (m *Memory) Since(now time.Time) time.Time {
	var since time.Time
	for _, s := range m.Steps {
		if at := now.Add(-s.MaxAge); s.MaxAge > 0 && at.After(since) {
			since = at
		}
	}
	return since
}
