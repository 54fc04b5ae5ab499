package qemu

import (
	"slices"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/builders"
)

func newBuilder(change func(*Builder)) *Builder {
	b := New(builders.Env{Name: "debian", Type: "qemu"}).(*Builder)
	b.Base = "base.qcow2"
	if change != nil {
		change(b)
	}
	return b
}

var plainMachine = machineArgs{
	accel: "tcg", disks: []string{"/w/disk"}, formats: []string{"qcow2"},
	seed: "/w/seed.iso", forward: "127.0.0.1:0", guest: 22,
}

func TestArgs(t *testing.T) {
	cases := []struct {
		name    string
		change  func(*Builder)
		machine func(*machineArgs)
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
			never: []string{"-vnc", "-cpu"},
		},
		{
			name:    "kvm shows the host's processor, as distributions demand more than QEMU's default",
			machine: func(m *machineArgs) { m.accel = "kvm" },
			want:    []string{"-accel kvm", "-cpu host"},
		},
		{
			name:   "topology without cpus multiplies",
			change: func(b *Builder) { b.Sockets, b.Cores = 2, 3 },
			want:   []string{"-smp 6,sockets=2,cores=3"},
		},
		{
			name:   "cpus with topology",
			change: func(b *Builder) { b.CPUs, b.Threads = 4, 2 },
			want:   []string{"-smp 4,threads=2"},
		},
		{
			name: "sata, cached, extra disk",
			change: func(b *Builder) {
				b.DiskInterface, b.DiskCache, b.DiskDiscard = "sata", "directsync", "ignore"
			},
			machine: func(m *machineArgs) {
				m.disks, m.formats = append(m.disks, "/w/disk-1"), append(m.formats, "raw")
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
			change: func(b *Builder) { b.DiskDetectZeroes = "off" },
			machine: func(m *machineArgs) {
				m.disks, m.cd = []string{"/w/a,b"}, "/w/c,d"
			},
			want: []string{
				"-blockdev driver=file,node-name=disk0-file,filename=/w/a,,b,cache.no-flush=on,discard=unmap",
				"-blockdev driver=raw,node-name=cd,read-only=on,file.driver=file,file.read-only=on,file.filename=/w/c,,d",
			},
			never: []string{"detect-zeroes"},
		},
		{
			name:   "VNC only when asked",
			change: func(b *Builder) { b.VNCPortMin, b.VNCPortMax = 5950, 5960 },
			want:   []string{"-vnc 127.0.0.1:50,to=60"},
		},
		{
			name:   "qemuargs replace the switches they name, values joined",
			change: func(b *Builder) { b.QEMUArgs = [][]string{{"-m", "2", "G"}, {"-snapshot"}, {"-display", "gtk"}} },
			want:   []string{"-m 2G", "-snapshot", "-display gtk"},
			never:  []string{"512M", "none"},
		},
		{
			name:   "a -device row keeps disk and card",
			change: func(b *Builder) { b.QEMUArgs = [][]string{{"-device", "qemu-xhci"}} },
			want:   []string{"-device qemu-xhci", "-device virtio-net,netdev=user.0", "-device virtio-blk-pci,drive=disk0,bootindex=0"},
			never:  []string{"virtio-rng"},
		},
		{
			name:   "a -drive row replaces disk and seed",
			change: func(b *Builder) { b.QEMUArgs = [][]string{{"-drive", "file=x"}} },
			want:   []string{"-drive file=x", "-serial chardev:console"},
			never:  []string{"disk0", "seed"},
		},
		{
			name:   "a -chardev row keeps console and monitor",
			change: func(b *Builder) { b.QEMUArgs = [][]string{{"-chardev", "null,id=x"}, {"-serial", "none"}} },
			want:   []string{"-chardev stdio,id=console,signal=off", "-chardev socket,id=monitor,fd=3,server=on,wait=off", "-serial none"},
			never:  []string{"chardev:console"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := plainMachine
			m.disks, m.formats = slices.Clone(m.disks), slices.Clone(m.formats)
			if c.machine != nil {
				c.machine(&m)
			}
			args := newBuilder(c.change).args(m, 3)
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
			if again := newBuilder(c.change).args(m, 3); !slices.Equal(args, again) {
				t.Errorf("the order changes: %q then %q", args, again)
			}
		})
	}
}

func TestForwardedPort(t *testing.T) {
	const table = `Hub -1 (user.0):
  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ
  TCP[ESTABLISHED]   21       127.0.0.1 41234       10.0.2.15    22     0     0
  TCP[HOST_FORWARD]  12       127.0.0.1 40723       10.0.2.15    22     0     0
  TCP[HOST_FORWARD]  13       127.0.0.1  8080       10.0.2.15    80     0     0
`
	for guest, want := range map[int]int{22: 40723, 80: 8080, 5985: 0} {
		got, err := forwardedPort(table, guest)
		if got != want || (err == nil) != (want != 0) {
			t.Errorf("port to %d: %d, %v, want %d", guest, got, err, want)
		}
	}
}

func TestBytesOf(t *testing.T) {
	for size, want := range map[string]int64{"8": 8 << 20, "40960M": 40 << 30, "2g": 2 << 30, "1T": 1 << 40, "512b": 512, "4K": 4096} {
		if !sizePattern.MatchString(size) {
			t.Errorf("%q is refused", size)
		}
		if got := bytesOf(size); got != want {
			t.Errorf("%q is %d bytes, want %d", size, got, want)
		}
	}
}

func TestPercent(t *testing.T) {
	total := int64(0)
	p := &percent{add: func(n int64) { total += n }}
	for _, piece := range []string{"    (0.00/100%)\r    (12.", "50/100%)\r", "    (100.00/100%)\r\n"} {
		if n, err := p.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Fatalf("wrote %d, %v", n, err)
		}
	}
	if total != 10000 {
		t.Errorf("added up to %d of 10000", total)
	}
}

func TestHostName(t *testing.T) {
	for in, want := range map[string]string{"debian": "debian", "My_Image.12": "my-image-12", "__": "ovenbird", "": "ovenbird"} {
		if got := hostName(in); got != want {
			t.Errorf("hostName(%q) = %q, want %q", in, got, want)
		}
	}
}
