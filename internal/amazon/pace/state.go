package pace

import (
	"math"
	"time"
)

// state is the pace of a service, and what it is made of.
type state struct {
	Rate    float64   // calls a second; 0 is any number
	Next    time.Time // before this no call is made
	Grown   time.Time // when the rate was raised last
	Slowed  time.Time // when it was lowered last
	Second  int64     // the Unix time that Calls are counted in
	Calls   float64
	Earlier float64 // calls in the second before
}

const (
	cut     = 0.7  // what is left of a rate that is too high
	growth  = 0.05 // by which a rate grows in a second
	least   = 0.5  // calls a second
	most    = 100  // calls a second: above it no rate is kept
	settles = time.Second
)

// take counts a call, and says how long to wait before it is made.
func (s *state) take(now time.Time) time.Duration {
	if s.Grown.After(now.Add(settles)) { // the clock was set back; else all would wait until then
		*s = state{}
	}
	s.grow(now)
	if s.Rate == 0 {
		s.count(now)
		return 0
	}
	at := now
	if s.Next.After(at) {
		at = s.Next
	}
	s.Next = at.Add(time.Duration(float64(time.Second) / s.Rate))
	s.count(at)
	return at.Sub(now)
}

// slow lowers the rate below what the service has just refused. Refusals of
// calls that were under way together count once.
func (s *state) slow(now time.Time) {
	if now.Sub(s.Slowed) < settles {
		return
	}
	rate := max(s.Calls, s.Earlier)
	if s.Rate > 0 {
		rate = min(rate, s.Rate)
	}
	s.Rate = max(least, cut*rate)
	s.Slowed, s.Grown, s.Next = now, now, now.Add(time.Duration(float64(time.Second)/s.Rate))
}

// grow raises the rate for the time that has passed without a refusal.
func (s *state) grow(now time.Time) {
	passed := now.Sub(s.Grown).Seconds()
	if s.Rate == 0 || passed <= 0 {
		return
	}
	s.Rate, s.Grown = s.Rate*math.Pow(1+growth, passed), now
	if s.Rate > most {
		s.Rate, s.Next = 0, time.Time{}
	}
}

// count counts a call in its second.
func (s *state) count(at time.Time) {
	switch second := at.Unix(); second - s.Second {
	case 0:
	case 1:
		s.Second, s.Earlier, s.Calls = second, s.Calls, 0
	default:
		s.Second, s.Earlier, s.Calls = second, 0, 0
	}
	s.Calls++
}
