// Package instances is the sandbox's instances: describing, changing, stopping
// and terminating them.
package instances

import (
	"github.com/ovenbird-io/ovenbird/internal/ec2box/lifecycle"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// Actions are what the package answers.
func Actions() map[string]world.Action {
	return map[string]world.Action{
		"StartInstances": world.Do(start), "StopInstances": world.Do(stop), "TerminateInstances": world.Do(terminate),
		"DescribeInstances": world.Do(describe), "DescribeInstanceStatus": world.Do(describeStatus), "GetConsoleOutput": world.Do(console),
		"ModifyInstanceAttribute": world.Do(modify), "DescribeInstanceAttribute": world.Do(describeAttribute), "ModifyInstanceMetadataOptions": world.Do(modifyMetadata),
	}
}

// change is how an instance's state changes.
type change struct {
	ID      string       `xml:"instanceId"`
	Current record.State `xml:"currentState"`
	Before  record.State `xml:"previousState"`
}

// step is what an action does to instances.
type step struct {
	check func(*record.Instance) error
	from  []string // other states are left as they are
	do    func(*world.World, *record.Region, *record.Instance)
}

func (s step) all(c *world.Call, ids []string) (any, error) {
	if len(ids) == 0 {
		return nil, wire.Missing("InstanceId")
	}
	instances, err := world.FindAll(c.Instances, world.Instances, ids)
	if err != nil {
		return nil, err
	}
	for _, i := range instances {
		if err := s.check(i); err != nil {
			return nil, err
		}
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	var changes []change
	for _, i := range instances {
		before := i.State
		if i.Is(s.from...) {
			s.do(c.W, c.Region, i)
		}
		changes = append(changes, change{i.ID, i.State, before})
	}
	return struct {
		Changes []change `xml:"instancesSet>item"`
	}{changes}, nil
}

type idsIn struct {
	InstanceId []string
}

func start(c *world.Call, in idsIn) (any, error) {
	return step{func(i *record.Instance) error {
		if !i.Is("stopped", "running", "pending") {
			return wire.Bad("IncorrectInstanceState", "The instance '%s' is not in a state from which it can be started.", i.ID)
		}
		return nil
	}, []string{"stopped"}, func(w *world.World, r *record.Region, i *record.Instance) {
		i.State, i.Launched, i.Fails = record.StateOf("pending"), world.Now(), c.Fails
		lifecycle.Start(w, r, i)
	}}.all(c, in.InstanceId)
}

type stopIn struct {
	idsIn
	Force     bool
	Hibernate bool
}

func stop(c *world.Call, in stopIn) (any, error) {
	if in.Hibernate {
		return nil, wire.Unsupported("hibernation")
	}
	return step{func(i *record.Instance) error {
		switch {
		case !i.Is("running", "stopping", "stopped") || i.Rebooting:
			return wire.Bad("IncorrectInstanceState", "This instance '%s' is not in a state from which it can be stopped.", i.ID)
		case i.NoStop:
			return wire.Bad("OperationNotPermitted", "The instance '%s' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.", i.ID)
		case i.Lifecycle == "spot":
			return wire.Bad("UnsupportedOperation", "You can't stop the Spot Instance '%s' because it is associated with a one-time Spot Instance request. You can only stop Spot Instances associated with persistent Spot Instance requests.", i.ID)
		}
		return nil
	}, []string{"running"}, lifecycle.Stop}.all(c, in.InstanceId)
}

type terminateIn struct {
	idsIn
	Force          bool
	SkipOsShutdown bool
}

func terminate(c *world.Call, in terminateIn) (any, error) {
	return step{func(i *record.Instance) error {
		if i.NoTerminate {
			return wire.Bad("OperationNotPermitted", "The instance '%s' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.", i.ID)
		}
		return nil
	}, []string{"pending", "running", "stopping", "stopped"}, func(w *world.World, r *record.Region, i *record.Instance) {
		i.StateReason = nil
		lifecycle.Terminate(w, r, i)
	}}.all(c, in.InstanceId)
}
