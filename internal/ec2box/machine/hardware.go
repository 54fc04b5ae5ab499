package machine

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/accel"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// monitorFD is where QEMU finds its end of the monitor's connection.
const monitorFD = 3

// PrivateIP is the address that every guest gets: each is alone in its network.
const PrivateIP = "169.254.0.15"

// MAC is the address of an instance's network card.
func MAC(id string) string {
	sum := sha256.Sum256([]byte(id))
	return fmt.Sprintf("02:%02x:%02x:%02x:%02x:%02x", sum[0], sum[1], sum[2], sum[3], sum[4])
}

// size is what a machine gets for its type.
func size(kind string, most int) (cpus, mib int) {
	_, name, _ := strings.Cut(kind, ".")
	mib = map[string]int{"nano": 512, "micro": 1024, "small": 2048, "medium": 4096}[name]
	if mib == 0 {
		mib = 8192
	}
	if cpus = 2; name == "nano" {
		cpus = 1
	}
	return cpus, min(mib, most)
}

// firmware is what an instance boots with, "" for QEMU's own BIOS.
func firmware(l world.Launch) (string, error) {
	if l.Arch != "" && l.Arch != "x86_64" {
		return "", fmt.Errorf("starting %s: machines of type %s cannot be run here, only those of type x86_64", l.ID, l.Arch)
	}
	if l.BootMode != "uefi" {
		return "", nil
	}
	for _, path := range []string{"/usr/share/ovmf/OVMF.fd", "/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/x64/OVMF.4m.fd"} {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", errors.New("starting " + l.ID + ": its image boots with UEFI, for which there is no firmware; install the package ovmf")
}

// parts are the facts that only a starting machine knows.
type parts struct {
	launch world.Launch
	accel  string
	// firmware is a file, "" for QEMU's own BIOS.
	firmware string
	most     int // memory in MiB
	ip       string
	ports    []forward
	socket   string // of the metadata service
	helper   []string
	console  string
}

// args is QEMU's command line.
func args(p parts) []string {
	cpus, mib := size(p.launch.Type, p.most)
	all := []string{
		"-name", p.launch.ID, "-machine", "pc", "-smp", fmt.Sprint(cpus), "-m", fmt.Sprintf("%dM", mib),
		"-nodefaults", "-no-user-config", "-display", "none", "-vga", "std", // GRUB wants a screen
		"-chardev", fmt.Sprintf("socket,id=monitor,fd=%d", monitorFD), "-mon", "chardev=monitor,mode=control",
		"-chardev", "file,id=console,append=on,path=" + comma(p.console), "-serial", "chardev:console",
		"-netdev", network(p), "-device", "virtio-net-pci,netdev=net0,romfile=,mac=" + MAC(p.launch.ID),
		"-device", "virtio-rng-pci",
	}
	switch p.accel {
	case accel.KVM:
		all = append(all, "-accel", "kvm", "-cpu", "host")
	default:
		all = append(all, "-accel", "tcg,thread=multi", "-cpu", accel.CalmCPU)
	}
	if p.firmware != "" {
		all = append(all, "-bios", p.firmware)
	}
	for i, path := range p.launch.Disks {
		all = append(all,
			"-blockdev", fmt.Sprintf("driver=qcow2,node-name=disk%d,discard=unmap,detect-zeroes=unmap,cache.no-flush=on,file.driver=file,file.discard=unmap,file.filename=%s", i, comma(path)),
			"-device", fmt.Sprintf("virtio-blk-pci,drive=disk%d,bootindex=%d,serial=%s", i, i, serial(p.launch, i)))
	}
	return append(all, looks(p.launch)...)
}

// serial is what the guest sees as the serial number of a disk: its volume's
// id without the dash, as on EC2. virtio has room for 20 characters.
func serial(l world.Launch, i int) string {
	if i >= len(l.Volumes) {
		return fmt.Sprintf("vol%d", i)
	}
	name := strings.ReplaceAll(l.Volumes[i], "-", "")
	return name[:min(20, len(name))]
}

// looks is what makes a guest believe to be on EC2.
func looks(l world.Launch) []string {
	sum := sha256.Sum256([]byte(l.ID))
	// Groups of 8, 4, 4, 4 and 12 digits.
	uuid := fmt.Sprintf("ec2%s-%x-4%s-8%s-%x", hex(sum[0:3], 5), sum[3:5], hex(sum[5:7], 3), hex(sum[7:9], 3), sum[9:15])
	return []string{
		"-smbios", "type=0,vendor=Amazon EC2,version=1.0",
		"-smbios", "type=1,manufacturer=Amazon EC2,product=" + comma(l.Type) + ",uuid=" + uuid + ",serial=" + uuid,
		"-smbios", "type=2,manufacturer=Amazon EC2,asset=" + comma(l.ID),
		"-smbios", "type=3,manufacturer=Amazon EC2,asset=Amazon EC2",
	}
}

// hex is the first digits of bytes.
func hex(b []byte, digits int) string { return fmt.Sprintf("%x", b)[:digits] }

// network is a network of the guest and the metadata service: QEMU forwards
// only addresses inside its own net, and starts the helper for each connection.
func network(p parts) string {
	text := "user,id=net0,net=169.254.0.0/16,dhcpstart=" + PrivateIP
	for _, f := range p.ports {
		text += fmt.Sprintf(",hostfwd=tcp:%s:%d-:%d", p.ip, f.host, f.guest)
	}
	var words []string
	for _, word := range append(append([]string{}, p.helper...), p.socket) {
		words = append(words, "'"+strings.ReplaceAll(word, "'", `'\''`)+"'")
	}
	return text + ",guestfwd=tcp:169.254.169.254:80-cmd:" + comma(strings.Join(words, " "))
}

// comma doubles commas, as QEMU's option syntax wants them.
func comma(s string) string { return strings.ReplaceAll(s, ",", ",,") }
