package qemu

import (
	"fmt"
	"slices"
	"strings"
)

// machineArgs are the facts that only a running build knows.
type machineArgs struct {
	accel   string   // "kvm", "tcg", ...
	disks   []string // main disk first
	formats []string // of each disk
	seed    string   // our seed image, or ""
	cd      string   // the user's CD, or ""
	forward string   // "127.0.0.1:0" style host side of the SSH forward, "" for none
	guest   int      // guest port of the forward
}

// args is QEMU's command line, always in this order, with the user's qemuargs
// applied as packer-qemu documents them: a switch that is named replaces all
// default ones of its name. The devices of the disks and of our seed go only
// when -drive is replaced too, because they stand for Packer's -drive.
func (b *Builder) args(m machineArgs, qmpFD int) []string {
	rows := [][2]string{
		{"-name", b.VMName},
		{"-machine", b.MachineType},
		{"-m", fmt.Sprintf("%dM", b.Memory)},
		{"-smp", b.smp()},
	}
	if m.accel == "tcg" {
		rows = append(rows, [2]string{"-accel", "tcg,thread=multi"})
	} else if m.accel != "none" {
		rows = append(rows, [2]string{"-accel", m.accel})
	}
	rows = append(rows,
		[2]string{"-nodefaults", ""}, // no surprise floppy, CD, NIC or parallel port
		// The firmware's and the kernel's words come to us through a pipe.
		[2]string{"-chardev", "stdio,id=console,signal=off"},
		[2]string{"-serial", "chardev:console"},
		[2]string{"-chardev", fmt.Sprintf("socket,id=monitor,fd=%d,server=on,wait=off", qmpFD)},
		[2]string{"-mon", "chardev=monitor,mode=control"},
		[2]string{"-vga", or(b.VGA, "std")}, // there must be something to take a screenshot of
		[2]string{"-display", or(b.Display, "none")},
		[2]string{"-netdev", b.netdev(m)},
		// romfile: no 10 s of network boot when the disk does not boot.
		[2]string{"-device", b.NetDevice + ",netdev=user.0,romfile="},
		[2]string{"-device", "virtio-rng-pci"}, // a fresh guest needs randomness for its keys
	)
	if b.CPUModel != "" {
		rows = append(rows, [2]string{"-cpu", b.CPUModel})
	} else if m.accel == "kvm" {
		// QEMU's default model lacks what current distributions demand (x86-64-v2).
		rows = append(rows, [2]string{"-cpu", "host"})
	}
	if vnc := b.vnc(); vnc != "" {
		rows = append(rows, [2]string{"-vnc", vnc})
	}
	return flatten(b.override(rows, b.diskRows(m)))
}

func (b *Builder) smp() string {
	text := fmt.Sprint(max(b.CPUs, 1))
	for _, t := range []struct {
		name  string
		value int
	}{{"sockets", b.Sockets}, {"cores", b.Cores}, {"threads", b.Threads}} {
		if t.value > 0 {
			text += fmt.Sprintf(",%s=%d", t.name, t.value)
		}
	}
	if b.CPUs == 0 && b.Sockets+b.Cores+b.Threads > 0 {
		text = fmt.Sprint(max(b.Sockets, 1)*max(b.Cores, 1)*max(b.Threads, 1)) + strings.TrimPrefix(text, "1")
	}
	return text
}

func (b *Builder) netdev(m machineArgs) string {
	if b.NetBridge != "" {
		return "bridge,id=user.0,br=" + b.NetBridge
	}
	if m.forward == "" {
		return "user,id=user.0"
	}
	return fmt.Sprintf("user,id=user.0,hostfwd=tcp:%s-:%d", m.forward, m.guest)
}

func (b *Builder) vnc() string {
	if b.VNCBindAddress == "" && b.VNCPortMin == 0 && b.VNCPortMax == 0 {
		return ""
	}
	low, high := max(b.VNCPortMin, 5900), b.VNCPortMax
	if high < low {
		high = low + 99
	}
	return fmt.Sprintf("%s:%d,to=%d", or(b.VNCBindAddress, "127.0.0.1"), low-5900, high-5900)
}

// override applies qemuargs to the default rows and the disk rows.
func (b *Builder) override(rows, disks [][2]string) [][2]string {
	named := map[string]bool{}
	var own [][2]string
	for _, row := range b.QEMUArgs {
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
	if named["-device"] && !slices.ContainsFunc(own, func(r [2]string) bool { return strings.Contains(r[1], b.NetDevice) }) {
		rows = append(rows, [2]string{"-device", b.NetDevice + ",netdev=user.0"})
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

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
