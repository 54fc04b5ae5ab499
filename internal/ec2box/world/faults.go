package world

import "time"

// Timing is how long states take. Zero is none, though a state is never there
// in the answer to the call that asked for it.
type Timing struct {
	Pending   time.Duration // an instance from pending to running, beside what the machine takes
	Stopping  time.Duration // beside what the guest takes
	Shutting  time.Duration // an instance from shutting-down to terminated
	Image     time.Duration // from pending to available, beside its snapshots
	Snapshot  time.Duration // from pending to completed, beside the copying
	Volume    time.Duration // from creating to available
	Hidden    time.Duration // how long what was made is not found by its id
	Profile   time.Duration // how long EC2 does not know an instance profile that IAM changed
	Forgotten time.Duration // how long a terminated instance is still described; 0 is an hour
}

// Fault is what goes wrong with calls of an action.
type Fault struct {
	Action string // "" is any
	Region string // "" is any
	First  int    // the first call that it strikes, counted from 1 when it is injected; 0 is 1
	Times  int    // how many calls it strikes; 0 is one, less is all

	Code    string        // the call is refused with this code, and not done
	Message string        // of the refusal; "" is one that fits
	Status  int           // of the refusal; 0 is what fits the code
	Delay   time.Duration // before anything else
	Before  func()        // called when the call came, and before it is done
	After   func()        // called when it was done, and before it is answered
	Drop    Drop          // the connection breaks
	// Fails lets what the call makes come to a bad end: an instance is terminated
	// soon, an image is failed, a snapshot in error.
	Fails bool

	Seen int // calls that it was looked at for; the server's
}

// Strikes counts a call of an action, and says whether it is struck.
func (f *Fault) Strikes(region, action string) bool {
	if f.Action != "" && f.Action != action || f.Region != "" && f.Region != region {
		return false
	}
	f.Seen++
	first, times := max(1, f.First), f.Times
	if times == 0 {
		times = 1
	}
	return f.Seen >= first && (times < 0 || f.Seen < first+times)
}

// Drop says when a connection breaks.
type Drop int

// The moments.
const (
	Never      Drop = iota
	BeforeCall      // it is not done
	AfterCall       // it is done, and the client does not learn of it
)
