package ec2box

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/account"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/blocks"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/images"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/instances"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/keys"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/launch"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/lifecycle"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/network"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/sigv4"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/spot"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/storage"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/values"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// Server is a sandbox. It is an http.Handler.
type Server struct {
	o       Options
	world   *world.World
	blocks  *blocks.Server
	actions map[string]map[string]world.Action // by service, those of the query protocols
	json    map[string]map[string]values.Action

	mu      sync.Mutex
	faults  []*Fault
	calls   []string
	buckets map[string]*bucket // by region and action
}

// New makes a sandbox, or goes on with the one of its folder, whose instances
// are stopped then. The caller must Close it.
func New(o Options) (*Server, error) {
	if o.Dir == "" {
		return nil, errors.New("making a sandbox: it needs a folder")
	}
	if len(o.Regions) == 0 {
		o.Regions = []string{"eu-central-1", "eu-west-1", "us-east-1"}
	}
	for _, d := range []struct {
		to    *string
		value string
	}{{&o.Account, "123456789012"}, {&o.AccessKey, AccessKey}, {&o.SecretKey, SecretKey}} {
		if *d.to == "" {
			*d.to = d.value
		}
	}
	if o.Machines == nil {
		o.Machines = &NoMachines{}
	}
	w, err := world.Open(world.Options{Dir: o.Dir, Regions: o.Regions, Account: o.Account, Machines: o.Machines, Timing: o.Timing, Log: o.Log})
	if err != nil {
		return nil, err
	}
	w.Change(func() {
		for _, r := range w.Regions {
			network.Populate(r, o.Account)
			lifecycle.Resume(w, r)
		}
	})
	s := &Server{o: o, world: w, buckets: map[string]*bucket{}}
	s.blocks = blocks.New(w.Store, func(region string) blocks.Catalog { return storage.Direct{W: w, Region: region} }, blocks.Limits{})
	ec2 := map[string]world.Action{}
	for _, some := range []map[string]world.Action{network.Actions(), keys.Actions(), storage.Actions(), images.Actions(), launch.Actions(), instances.Actions(), spot.Actions()} {
		maps.Copy(ec2, some)
	}
	s.actions = map[string]map[string]world.Action{"ec2": ec2, "sts": account.STS(), "iam": account.IAM(), "autoscaling": values.Scaling()}
	s.json = map[string]map[string]values.Action{"ssm": values.SSM(), "secretsmanager": values.Secrets()}
	return s, nil
}

// Close ends all machines. No request may be under way.
func (s *Server) Close(ctx context.Context) error { return s.world.Close(ctx) }

// Inspect lists all that is there.
func (s *Server) Inspect() Inventory { return s.world.Inspect() }

// Inject lets calls go wrong from now on.
func (s *Server) Inject(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// Heal takes all faults away.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Exhaust says which instance types cannot be had in which zones; nil for none.
func (s *Server) Exhaust(full func(kind, zone string) bool) {
	s.world.Change(func() { s.world.NoCapacity = full })
}

// SetTiming changes how long states take that begin from now on.
func (s *Server) SetTiming(t Timing) { s.world.Change(func() { s.world.Timing = t }) }

// Actions lists what is answered, by service; EBS direct aside.
func (s *Server) Actions() map[string][]string {
	all := map[string][]string{}
	for service, some := range s.actions {
		all[service] = slices.Sorted(maps.Keys(some))
	}
	for service, some := range s.json {
		all[service] = slices.Sorted(maps.Keys(some))
	}
	return all
}

// Calls lists the actions that were called by those who were known, in order.
func (s *Server) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// strike notes a call, and gives the fault that it meets, or one that does nothing.
func (s *Server) strike(region, action string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, action)
	struck := Fault{}
	for _, f := range s.faults {
		if f.Strikes(region, action) && struck.Seen == 0 {
			struck = *f
		}
	}
	return struck
}

// exchange is a request on its way, with what answers it.
type exchange struct {
	w        http.ResponseWriter
	r        *http.Request
	id       string // of the request
	scope    sigv4.Scope
	protocol protocol
	caller   string // ARN
	action   string
	fault    Fault
}

// ServeHTTP answers for all services and regions: the request's signature tells
// which are meant.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{w: w, r: r, id: uuid.NewString()}
	w.Header().Set("X-Amzn-Requestid", x.id)
	scope, _ := sigv4.ScopeOf(r) // Verify says what is wrong with it
	x.protocol = protocolOf(scope.Service)
	if err := s.authenticate(x); err != nil {
		x.protocol.refuse(x, err)
		s.world.Log(r.Method + " " + r.URL.Path + ": " + err.Error())
		return
	}
	call, err := x.protocol.read(x)
	if err != nil {
		x.protocol.refuse(x, err)
		return
	}
	x.fault = s.strike(x.scope.Region, x.action)
	err = x.meet(r.Context())
	if err == nil && x.protocol.service == "ec2" {
		err = s.throttled(x.scope.Region, x.action, time.Now())
	}
	if err != nil {
		x.protocol.refuse(x, err)
		s.world.Log(x.scope.Region + " " + x.action + ": " + err.Error())
		return
	}
	s.serve(x, call)
}

// meet is what the fault does before the call is done.
func (x *exchange) meet(ctx context.Context) error {
	if x.fault.Delay > 0 {
		select {
		case <-time.After(x.fault.Delay):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if x.fault.Before != nil {
		x.fault.Before()
	}
	if x.fault.Drop == world.BeforeCall {
		panic(http.ErrAbortHandler)
	}
	if x.fault.Code == "" {
		return nil
	}
	e := wire.Bad(x.fault.Code, "%s", x.fault.Message)
	if x.fault.Status != 0 {
		e.Status = x.fault.Status
	}
	if e.Message == "" {
		e.Message = fitting(x.fault.Code, x.caller, x.action)
	}
	return e
}

// left is what the fault does when the call was done.
func (x *exchange) left() {
	if x.fault.After != nil {
		x.fault.After()
	}
	if x.fault.Drop == world.AfterCall {
		panic(http.ErrAbortHandler)
	}
}

func fitting(code, caller, action string) string {
	switch code {
	case "UnauthorizedOperation":
		return account.Refusal(caller, action)
	case "RequestLimitExceeded":
		return "Request limit exceeded."
	case "InsufficientInstanceCapacity":
		return "We currently do not have sufficient capacity in the Availability Zone you requested."
	}
	return "The sandbox was told to refuse " + action + "."
}

// authenticate finds out who calls.
func (s *Server) authenticate(x *exchange) error {
	scope, err := sigv4.Verify(x.r, time.Now(), func(accessKey string) (sigv4.Key, bool) {
		if accessKey == s.o.AccessKey {
			x.caller = "arn:aws:iam::" + s.o.Account + ":user/sandbox"
			return sigv4.Key{Secret: s.o.SecretKey}, true
		}
		s.world.Lock()
		defer s.world.Unlock()
		session := s.world.Sessions[accessKey]
		if session == nil {
			return sigv4.Key{}, false
		}
		x.caller = session.ARN
		return sigv4.Key{Secret: session.Secret, Token: session.Token, Until: session.Until}, true
	})
	if err != nil {
		return err
	}
	x.scope = scope
	global := scope.Service == "iam" || scope.Service == "sts"
	if !slices.Contains(s.o.Regions, scope.Region) {
		if !global || scope.Region != "us-east-1" {
			return &sigv4.Error{Reason: sigv4.Mismatch, Message: "Credential should be scoped to a valid region, one of the sandbox's, not '" + scope.Region + "'."}
		}
		x.scope.Region = s.o.Regions[0]
	}
	return nil
}

// call makes the Call of an exchange.
func (s *Server) call(x *exchange) *world.Call {
	return &world.Call{Context: x.r.Context(), Region: s.region(x.scope.Region), W: s.world, Action: x.action, Caller: x.caller, Fails: x.fault.Fails}
}

func (s *Server) region(name string) *record.Region { return s.world.Regions[name] }
