package hardware

import (
	"slices"
	"strings"
	"testing"
)

func newSpec(change func(*Spec)) *Spec {
	s := Defaults()
	if change != nil {
		change(&s)
	}
	return &s
}

var plain = Parts{
	Name: "debian", Accel: "tcg", Disks: []Disk{{Path: "/w/disk", Format: "qcow2"}},
	Seed: "/w/seed.iso", Forward: "127.0.0.1:0", Guest: 22,
}

func TestArgs(t *testing.T) {
	cases := []struct {
		name    string
		change  func(*Spec)
		machine func(*Parts)
		want    []string // switch and value, joined by a space
		never   []string // parts of no argument
	}{
		{
			name: "defaults",
			want: []string{
				"-machine pc", "-m 512M", "-smp 1", "-accel tcg,thread=multi", "-display none", "-nodefaults",
				"-netdev user,id=user.0,hostfwd=tcp:127.0.0.1:0-:22",
				"-device virtio-net,netdev=user.0,romfile=",
				"-blockdev driver=file,node-name=disk0-file,filename=/w/disk,cache.no-flush=on,discard=unmap",
				"-blockdev driver=qcow2,node-name=disk0,file=disk0-file,cache.no-flush=on,discard=unmap,detect-zeroes=unmap",
				"-device virtio-blk-pci,drive=disk0,bootindex=0", "-device virtio-blk-pci,drive=seed",
			},
			never: []string{"-vnc"},
		},
		{
			name: "an emulated processor needs no guards against speculation",
			want: []string{"-cpu qemu64,vendor=GenuineIntel,family=6,model=54"},
		},
		{
			name:   "another architecture's processor is QEMU's choice",
			change: func(s *Spec) { s.QEMUBinary = "/opt/x86_64/qemu-system-aarch64" },
			never:  []string{"-cpu"},
		},
		{
			name:   "the template's processor",
			change: func(s *Spec) { s.CPUModel = "Nehalem" },
			want:   []string{"-cpu Nehalem"},
			never:  []string{"qemu64"},
		},
		{
			name:    "kvm shows the host's processor, as distributions demand more than QEMU's default",
			machine: func(m *Parts) { m.Accel = "kvm" },
			want:    []string{"-accel kvm", "-cpu host"},
		},
		{
			name:   "topology without cpus multiplies",
			change: func(s *Spec) { s.Sockets, s.Cores = 2, 3 },
			want:   []string{"-smp 6,sockets=2,cores=3"},
		},
		{
			name:   "cpus with topology",
			change: func(s *Spec) { s.CPUs, s.Threads = 4, 2 },
			want:   []string{"-smp 4,threads=2"},
		},
		{
			name: "sata, cached, extra disk",
			change: func(s *Spec) {
				s.DiskInterface, s.DiskCache, s.DiskDiscard = "sata", "directsync", "ignore"
			},
			machine: func(m *Parts) {
				m.Disks = append(m.Disks, Disk{Path: "/w/disk-1", Format: "raw"})
			},
			want: []string{
				"-device ich9-ahci,id=ahci0", "-device ide-hd,drive=disk0,bus=ahci0.0,write-cache=off,bootindex=0",
				"-device ide-hd,drive=disk1,bus=ahci0.1,write-cache=off,bootindex=1",
				"-blockdev driver=raw,node-name=disk1,file=disk1-file,discard=ignore,detect-zeroes=on",
				"-device ide-cd,drive=seed",
			},
		},
		{
			name:   "a comma in a path is doubled",
			change: func(s *Spec) { s.DiskDetectZeroes = "off" },
			machine: func(m *Parts) {
				m.Disks, m.CD = []Disk{{Path: "/w/a,b", Format: "qcow2"}}, "/w/c,d"
			},
			want: []string{
				"-blockdev driver=file,node-name=disk0-file,filename=/w/a,,b,cache.no-flush=on,discard=unmap",
				"-blockdev driver=raw,node-name=cd,read-only=on,file.driver=file,file.read-only=on,file.filename=/w/c,,d",
			},
			never: []string{"detect-zeroes"},
		},
		{
			name:   "VNC only when asked",
			change: func(s *Spec) { s.VNCPortMin, s.VNCPortMax = 5950, 5960 },
			want:   []string{"-vnc 127.0.0.1:50,to=60"},
		},
		{
			name:   "qemuargs replace the switches they name, values joined",
			change: func(s *Spec) { s.QEMUArgs = [][]string{{"-m", "2", "G"}, {"-snapshot"}, {"-display", "gtk"}} },
			want:   []string{"-m 2G", "-snapshot", "-display gtk"},
			never:  []string{"512M", "none"},
		},
		{
			name:   "a -device row keeps disk and card",
			change: func(s *Spec) { s.QEMUArgs = [][]string{{"-device", "qemu-xhci"}} },
			want:   []string{"-device qemu-xhci", "-device virtio-net,netdev=user.0", "-device virtio-blk-pci,drive=disk0,bootindex=0"},
			never:  []string{"virtio-rng"},
		},
		{
			name:   "a -drive row replaces disk and seed",
			change: func(s *Spec) { s.QEMUArgs = [][]string{{"-drive", "file=x"}} },
			want:   []string{"-drive file=x", "-serial chardev:console"},
			never:  []string{"disk0", "seed"},
		},
		{
			name:   "a -chardev row keeps console and monitor",
			change: func(s *Spec) { s.QEMUArgs = [][]string{{"-chardev", "null,id=x"}, {"-serial", "none"}} },
			want:   []string{"-chardev stdio,id=console,signal=off", "-chardev socket,id=monitor,fd=3,server=on,wait=off", "-serial none"},
			never:  []string{"chardev:console"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := plain
			m.Disks = slices.Clone(m.Disks)
			if c.machine != nil {
				c.machine(&m)
			}
			args := newSpec(c.change).Args(m)
			line := " " + strings.Join(args, " ") + " "
			for _, w := range c.want {
				if !strings.Contains(line, " "+w+" ") {
					t.Errorf("no %q in %s", w, line)
				}
			}
			for _, n := range c.never {
				if strings.Contains(line, n) {
					t.Errorf("%q in %s", n, line)
				}
			}
			if again := newSpec(c.change).Args(m); !slices.Equal(args, again) {
				t.Errorf("the order changes: %q then %q", args, again)
			}
		})
	}
}
