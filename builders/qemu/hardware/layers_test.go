package hardware

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestResumed is the command line of a machine that goes on from a checkpoint.
func TestResumed(t *testing.T) {
	m := plain
	m.Resume = true
	m.Disks = []Disk{
		{Path: "/s/top", Format: "qcow2", Backing: &Disk{Path: "/s/a,b", Format: "qcow2", Backing: &Disk{Path: "/base", Format: "raw"}}},
		{Path: "/s/top1", Format: "qcow2", Backing: &Disk{Path: "/s/more", Format: "raw"}},
	}
	booted := plain
	booted.Disks = []Disk{{Path: "/d", Format: "qcow2"}, {Path: "/e", Format: "raw"}}
	for name, change := range map[string]func(*Spec){
		"defaults": nil,
		"sata":     func(s *Spec) { s.DiskInterface, s.MachineType = "sata", "q35" },
		"a CPU":    func(s *Spec) { s.QEMUArgs = [][]string{{"-cpu", "max"}} },
	} {
		args := newSpec(change).Args(m)
		line := " " + strings.Join(args, " ") + " "
		for _, want := range []string{
			" -S -incoming defer ",
			",node-name=disk0,file=disk0-file,cache.no-flush=on,discard=unmap,detect-zeroes=unmap" +
				",backing.driver=qcow2,backing.file.driver=file,backing.file.filename=/s/a,,b" +
				",backing.backing.driver=raw,backing.backing.file.driver=file,backing.backing.file.filename=/base ",
			",backing.driver=raw,backing.file.driver=file,backing.file.filename=/s/more ",
		} {
			if !strings.Contains(line, want) {
				t.Errorf("%s: no %q in %s", name, want, line)
			}
		}
		// What the guest sees must be what it saw when it was booted.
		if got, want := devices(args), devices(newSpec(change).Args(booted)); !slices.Equal(got, want) {
			t.Errorf("%s: the devices are %q, were %q", name, got, want)
		}
	}
	if line := strings.Join(newSpec(nil).Args(plain), " "); strings.Contains(line, "-incoming") || strings.Contains(line, "-S") {
		t.Errorf("a machine that boots waits: %s", line)
	}
}

// devices are the arguments that make what a guest sees.
func devices(args []string) []string {
	var all []string
	for i, a := range args {
		if slices.Contains([]string{"-device", "-machine", "-m", "-smp", "-cpu", "-vga", "-serial"}, a) {
			all = append(all, a+" "+args[i+1])
		}
	}
	return all
}

// TestLayer opens a new top as Args opens a disk.
func TestLayer(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Spec)
		want   string
	}{
		"defaults": {nil, `{"backing":null,"cache":{"no-flush":true},"detect-zeroes":"unmap","discard":"unmap","driver":"qcow2",` +
			`"file":{"cache":{"no-flush":true},"discard":"unmap","driver":"file","filename":"/s/a,b"},"node-name":"disk0-1"}`},
		"direct": {
			func(s *Spec) { s.DiskCache, s.DiskDiscard = "none", "ignore" },
			`{"backing":null,"detect-zeroes":"on","discard":"ignore","driver":"qcow2",` +
				`"file":{"cache":{"direct":true},"discard":"ignore","driver":"file","filename":"/s/a,b"},"node-name":"disk0-1"}`,
		},
		"written back": {
			func(s *Spec) { s.DiskCache, s.DiskDetectZeroes = "writeback", "off" },
			`{"backing":null,"discard":"unmap","driver":"qcow2","file":{"discard":"unmap","driver":"file","filename":"/s/a,b"},"node-name":"disk0-1"}`,
		},
	} {
		text, err := json.Marshal(newSpec(c.change).Layer("disk0-1", "/s/a,b"))
		if err != nil || string(text) != c.want {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
}
