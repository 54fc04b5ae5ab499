package hardware

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/accel"
)

// MonitorFD is the descriptor on which QEMU finds its monitor's listening socket.
const MonitorFD = 3

// Parts are the facts that only a running build knows.
type Parts struct {
	Name    string
	Accel   string // "kvm", "tcg", ...
	Disks   []Disk // main disk first
	Seed    string // our seed image, or ""
	CD      string // the user's CD, or ""
	Forward string // "127.0.0.1:0" style host side of the SSH forward, "" for none
	Guest   int    // guest port of the forward
	Resume  bool   // the machine will load its memory and then stand
}

// Disk is an image file that the machine writes to.
type Disk struct {
	Path    string
	Format  string // "qcow2" or "raw"
	Backing *Disk  // what it is a layer on; nil: what the image itself says
}

// Args is QEMU's command line, always in this order, with the user's qemuargs
// applied as packer-qemu documents them: a switch that is named replaces all
// default ones of its name. The devices of the disks and of our seed go only
// when -drive is replaced too, because they stand for Packer's -drive.
func (s *Spec) Args(m Parts) []string {
	rows := [][2]string{
		{"-name", m.Name},
		{"-machine", s.MachineType},
		{"-m", fmt.Sprintf("%dM", s.Memory)},
		{"-smp", s.smp()},
	}
	if m.Accel == "tcg" {
		rows = append(rows, [2]string{"-accel", "tcg,thread=multi"})
	} else if m.Accel != "none" {
		rows = append(rows, [2]string{"-accel", m.Accel})
	}
	rows = append(rows,
		[2]string{"-nodefaults", ""}, // no surprise floppy, CD, NIC or parallel port
		// The firmware's and the kernel's words come to us through a pipe.
		[2]string{"-chardev", "stdio,id=console,signal=off"},
		[2]string{"-serial", "chardev:console"},
		[2]string{"-chardev", fmt.Sprintf("socket,id=monitor,fd=%d,server=on,wait=off", MonitorFD)},
		[2]string{"-mon", "chardev=monitor,mode=control"},
		[2]string{"-vga", cmp.Or(s.VGA, "std")}, // there must be something to take a screenshot of
		[2]string{"-display", cmp.Or(s.Display, "none")},
		[2]string{"-netdev", s.netdev(m)},
		// romfile: no 10 s of network boot when the disk does not boot.
		[2]string{"-device", s.NetDevice + ",netdev=user.0,romfile="},
		[2]string{"-device", "virtio-rng-pci"}, // a fresh guest needs randomness for its keys
		// Memory that the guest frees is given back, and need not be frozen.
		[2]string{"-device", "virtio-balloon-pci,free-page-reporting=on"},
	)
	if m.Resume {
		rows = append(rows, [2]string{"-S", ""}, [2]string{"-incoming", "defer"})
	}
	if model := s.cpu(m.Accel); model != "" {
		rows = append(rows, [2]string{"-cpu", model})
	}
	if vnc := s.vnc(); vnc != "" {
		rows = append(rows, [2]string{"-vnc", vnc})
	}
	return flatten(s.override(rows, s.diskRows(m)))
}

// cpu is the CPU model, "" for QEMU's own choice.
func (s *Spec) cpu(accelerator string) string {
	switch {
	case s.CPUModel != "":
		return s.CPUModel
	case accelerator == accel.KVM:
		// QEMU's default model lacks what current distributions demand (x86-64-v2).
		return "host"
	case accelerator == accel.TCG && strings.Contains(filepath.Base(s.QEMUBinary), "x86_64"):
		return accel.CalmCPU
	}
	return ""
}

// Processors is how many of them the machine has.
func (s *Spec) Processors() int {
	if s.CPUs == 0 {
		return max(s.Sockets, 1) * max(s.Cores, 1) * max(s.Threads, 1)
	}
	return max(s.CPUs, 1)
}

func (s *Spec) smp() string {
	text := fmt.Sprint(s.Processors())
	for _, t := range []struct {
		name  string
		value int
	}{{"sockets", s.Sockets}, {"cores", s.Cores}, {"threads", s.Threads}} {
		if t.value > 0 {
			text += fmt.Sprintf(",%s=%d", t.name, t.value)
		}
	}
	return text
}

func (s *Spec) netdev(m Parts) string {
	if s.NetBridge != "" {
		return "bridge,id=user.0,br=" + s.NetBridge
	}
	if m.Forward == "" {
		return "user,id=user.0"
	}
	return fmt.Sprintf("user,id=user.0,hostfwd=tcp:%s-:%d", m.Forward, m.Guest)
}

func (s *Spec) vnc() string {
	if s.VNCBindAddress == "" && s.VNCPortMin == 0 && s.VNCPortMax == 0 {
		return ""
	}
	low, high := max(s.VNCPortMin, 5900), s.VNCPortMax
	if high < low {
		high = low + 99
	}
	return fmt.Sprintf("%s:%d,to=%d", cmp.Or(s.VNCBindAddress, "127.0.0.1"), low-5900, high-5900)
}

// override applies qemuargs to the default rows and the disk rows.
func (s *Spec) override(rows, disks [][2]string) [][2]string {
	named := map[string]bool{}
	var own [][2]string
	for _, row := range s.QEMUArgs {
		named[row[0]] = true
		own = append(own, [2]string{row[0], strings.Join(row[1:], "")})
	}
	rows = slices.DeleteFunc(rows, func(r [2]string) bool {
		if r[0] == "-accel" && slices.ContainsFunc(own, func(o [2]string) bool { return o[0] == "-machine" && strings.Contains(o[1], "accel=") }) {
			return true // QEMU refuses both
		}
		ours := strings.Contains(r[1], "id=console") || strings.Contains(r[1], "monitor")
		return named[r[0]] && !ours
	})
	if named["-device"] && !slices.ContainsFunc(own, func(r [2]string) bool { return strings.Contains(r[1], s.NetDevice) }) {
		rows = append(rows, [2]string{"-device", s.NetDevice + ",netdev=user.0"})
	}
	if !named["-drive"] {
		rows = append(rows, disks...)
	}
	return append(rows, own...)
}

func flatten(rows [][2]string) []string {
	var all []string
	for _, r := range rows {
		all = append(all, r[0])
		if r[1] != "" {
			all = append(all, r[1])
		}
	}
	return all
}
