// Package ec2box is a sandbox EC2: one handler that answers as EC2, EBS direct,
// STS and the few others do that image builds need, in all of its regions. It
// is strict where a mock would be kind: states take time, dependencies hold,
// and what it does not know is an error.
//
// Package record has what is known of each resource, world all of it with what
// keeps it together, wire and sigv4 how clients talk. An action stands in the
// package of its noun, which lists it in Actions; lines in testdata say what it
// must answer and what it must refuse, and docs/ec2box.md names it.
package ec2box

import (
	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// The types of what an instance runs on, and of what can be seen and done from
// outside; see their package.
type (
	Machines   = world.Machines   // runs instances
	Machine    = world.Machine    // an instance's machine
	Launch     = world.Launch     // what to start
	NoMachines = world.NoMachines // a Machines without machines, for tests
	Timing     = world.Timing     // how long states take
	Fault      = world.Fault      // what goes wrong
	Inventory  = record.Inventory // all that is there
	Resource   = record.Resource  // one of it
	Image      = world.Seed       // an image to begin with
)

// The moments when a connection may break.
const (
	BeforeCall = world.BeforeCall
	AfterCall  = world.AfterCall
)

// The credentials that a sandbox takes when it is not told of others.
const (
	AccessKey = "AKIASANDBOX000000000"
	SecretKey = "sandbox/secret/key/that/is/not/secret000"
)

// Options say what a sandbox is like.
type Options struct {
	Dir       string   // the folder of its state and disks
	Regions   []string // none is eu-central-1, eu-west-1 and us-east-1
	Account   string   // its number; "" is 123456789012
	AccessKey string   // "" is AccessKey
	SecretKey string   // "" is SecretKey
	Machines  Machines // nil is NoMachines
	Timing    Timing
	Limit     Limit
	Log       func(line string) // told of each call; nil for nobody
}
