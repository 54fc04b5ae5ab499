// Package lifecycle brings the sandbox's instances from one state to the next.
package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/storage"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// PortTag is the tag that tells where an instance's SSH server is reached when
// that is not port 22.
const PortTag = "ec2box:ssh-port"

// life is an instance with all around it.
type life struct {
	w *world.World
	r *record.Region
	i *record.Instance
}

// Start brings a pending instance to running. Its volumes may be new.
func Start(w *world.World, r *record.Region, i *record.Instance) {
	l := life{w, r, i}
	var volumes []record.Volume
	var held []string
	for _, d := range i.Devices {
		if v := r.Volumes[d.Ebs.Volume]; v != nil {
			volumes = append(volumes, *v)
			held = append(held, v.ID, v.Snapshot)
		}
	}
	m, launch := w.Running[i.ID], l.launch()
	i.Booting = true
	release := w.Hold(held...)
	w.Work(w.Timing.Pending, func(ctx context.Context) (err error) {
		defer release()
		if m != nil {
			return m.Start(ctx)
		}
		m, err = l.boot(ctx, launch, volumes)
		return err
	}, func(err error) { l.started(m, err) })
}

// boot makes the volumes that are new, and starts a machine with all of them.
func (l life) boot(ctx context.Context, launch world.Launch, volumes []record.Volume) (world.Machine, error) {
	_, diskless := l.w.Machines.(world.Diskless)
	for _, v := range volumes {
		if v.State == "creating" {
			if err := l.w.Store.CreateVolume(ctx, v.ID, v.Snapshot, v.Size); err != nil {
				return nil, err
			}
		}
		launch.Volumes = append(launch.Volumes, v.ID)
		if diskless {
			continue
		}
		path, err := l.w.Store.VolumeFile(ctx, v.ID)
		if err != nil {
			return nil, err
		}
		launch.Disks = append(launch.Disks, path)
	}
	m, err := l.w.Machines.Start(ctx, launch)
	if err == nil { // whatever comes now, it must be ended some day
		l.w.Change(func() { l.w.Running[l.i.ID] = m })
	}
	return m, err
}

func (l life) started(m world.Machine, err error) {
	l.i.Booting = false
	for _, d := range l.i.Devices {
		if v := l.r.Volumes[d.Ebs.Volume]; v != nil && v.State == "creating" {
			v.State = "in-use"
		}
	}
	if err == nil && l.i.Fails {
		err = errors.New("the sandbox was told to fail")
	}
	switch {
	case err != nil:
		l.w.Log("starting " + l.i.ID + ": " + err.Error())
		l.i.StateReason = &record.Reason{Code: "Server.InternalError", Message: "Server.InternalError: " + err.Error()}
		l.i.Transition = "Server.InternalError"
		Terminate(l.w, l.r, l.i)
	case !l.i.Is("pending"): // it was terminated meanwhile
		Terminate(l.w, l.r, l.i)
	default:
		l.i.State, l.i.StateReason, l.i.Transition = record.StateOf("running"), nil, ""
		l.addresses(m)
		Watch(l.w, l.r, l.i, m)
	}
}

// addresses tells where the machine is. One without a public address has the
// machine's as its private one, so that it can be reached.
func (l life) addresses(m world.Machine) {
	host, port := m.Address()
	l.i.SSHPort = port
	if l.i.PublicWish {
		l.i.PublicIP, l.i.PublicDNS = host, host
	} else {
		l.i.PrivateIP, l.i.PrivateDNS = host, host
	}
	for n := range l.i.Interfaces {
		l.i.Interfaces[n].PrivateIP = l.i.PrivateIP
		if l.i.PublicWish {
			l.i.Interfaces[n].Association = &record.Association{PublicIP: host, PublicDNS: host, Owner: "amazon"}
		}
	}
	l.i.Tags = slices.DeleteFunc(l.i.Tags, func(t record.Tag) bool { return t.Key == PortTag })
	if port != 22 {
		l.i.Tags = append(l.i.Tags, record.Tag{Key: PortTag, Value: strconv.Itoa(port)})
	}
}

// Watch notices when the guest of a running instance powers off by itself.
func Watch(w *world.World, r *record.Region, i *record.Instance, m world.Machine) {
	l := life{w, r, i}
	off := m.Done()
	w.Work(0, func(ctx context.Context) error {
		select {
		case <-off:
		case <-ctx.Done():
		}
		return nil
	}, func(error) {
		if !i.Is("running") || i.Rebooting || w.Running[i.ID] != m {
			return
		}
		i.StateReason = &record.Reason{Code: "Client.InstanceInitiatedShutdown", Message: "Client.InstanceInitiatedShutdown: Instance initiated shutdown"}
		if i.Shutdown == "terminate" {
			Terminate(w, r, i)
			return
		}
		i.State = record.StateOf("stopping")
		l.stopped()
	})
}

// Rebooted goes on with an instance whose machine was off for a while.
func Rebooted(w *world.World, r *record.Region, i *record.Instance, m world.Machine) {
	i.Rebooting = false
	if i.Is("shutting-down") {
		Terminate(w, r, i)
		return
	}
	Watch(w, r, i, m)
}

// Stop brings a running instance to stopped.
func Stop(w *world.World, r *record.Region, i *record.Instance) {
	l := life{w, r, i}
	m := w.Running[i.ID]
	i.State = record.StateOf("stopping")
	l.because("Client.UserInitiatedShutdown", "User initiated shutdown")
	w.Work(w.Timing.Stopping, func(ctx context.Context) error {
		if m == nil {
			return nil
		}
		return m.Stop(ctx)
	}, func(err error) {
		if err != nil {
			w.Log("stopping " + i.ID + ": " + err.Error())
		}
		l.stopped()
	})
}

func (l life) because(code, text string) {
	l.i.StateReason = &record.Reason{Code: code, Message: code + ": " + text}
	l.i.Transition = fmt.Sprintf("User initiated (%s GMT)", time.Now().UTC().Format("2006-01-02 15:04:05"))
}

func (l life) stopped() {
	if !l.i.Is("stopping") {
		return
	}
	l.i.State = record.StateOf("stopped")
	l.i.PublicIP, l.i.PublicDNS = "", ""
	for n := range l.i.Interfaces {
		l.i.Interfaces[n].Association = nil
	}
}

// Terminate brings an instance to its end. While it boots, that waits.
func Terminate(w *world.World, r *record.Region, i *record.Instance) {
	l := life{w, r, i}
	m := w.Running[i.ID]
	i.State = record.StateOf("shutting-down")
	if i.StateReason == nil {
		l.because("Client.UserInitiatedShutdown", "User initiated shutdown")
	}
	if i.Booting || i.Rebooting {
		return
	}
	w.Work(w.Timing.Shutting, func(ctx context.Context) error {
		if m == nil {
			return nil
		}
		console := string(m.Console())
		err := m.Terminate(ctx)
		w.Change(func() { i.Console = console })
		return err
	}, func(err error) {
		if err != nil {
			w.Log("ending " + i.ID + ": " + err.Error())
		}
		l.terminated()
	})
}

func (l life) terminated() {
	delete(l.w.Running, l.i.ID)
	l.i.State, l.i.Ended = record.StateOf("terminated"), world.Now()
	for _, d := range l.i.Devices {
		v := l.r.Volumes[d.Ebs.Volume]
		switch {
		case v == nil:
		case d.Ebs.Delete:
			storage.RemoveVolume(l.w, l.r, v)
		default:
			v.State, v.Attachments = "available", nil
		}
	}
	if s := l.r.Subnets[l.i.Subnet]; s != nil {
		s.Free++
	}
	l.i.Devices, l.i.Interfaces, l.i.PublicIP, l.i.PublicDNS, l.i.PrivateIP, l.i.PrivateDNS = nil, nil, "", "", "", ""
	l.i.Subnet, l.i.VPC, l.i.Groups = "", "", nil
	l.forget()
}

// forget lets a terminated instance be described for a while yet.
func (l life) forget() {
	wait := l.w.Timing.Forgotten
	if wait == 0 {
		wait = time.Hour
	}
	l.w.Work(wait, nil, func(error) { delete(l.r.Instances, l.i.ID) })
}

// Resume goes on with what a former sandbox of the region could not bring to its end.
func Resume(w *world.World, r *record.Region) {
	for _, i := range record.Sorted(r.Instances) {
		switch {
		case i.Is("shutting-down"):
			Terminate(w, r, i)
		case i.Is("terminated"):
			life{w, r, i}.forget()
		}
	}
}
