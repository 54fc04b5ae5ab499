package ec2box

import (
	"time"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
)

// Limit is how fast calls of one action in one region may come, as EC2 counts
// them: a bucket of tokens that fills up again.
type Limit struct {
	Burst     float64 // calls that the bucket has; 0 is no limit
	PerSecond float64 // that it gets again
}

// bucket is what is left of a Limit.
type bucket struct {
	tokens float64
	at     time.Time
}

// throttled takes a token for a call, and is an error when there is none.
func (s *Server) throttled(region, action string, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.o.Limit
	if l.Burst == 0 {
		return nil
	}
	b := s.buckets[region+" "+action]
	if b == nil {
		b = &bucket{l.Burst, now}
		s.buckets[region+" "+action] = b
	}
	b.tokens = min(l.Burst, b.tokens+now.Sub(b.at).Seconds()*l.PerSecond)
	b.at = now
	if b.tokens < 1 {
		return wire.Bad("RequestLimitExceeded", "Request limit exceeded.")
	}
	b.tokens--
	return nil
}
