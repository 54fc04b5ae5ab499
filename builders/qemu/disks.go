package qemu

import (
	"fmt"
	"strings"
)

// diskRows attach the disks, our seed and the user's CD. Nodes are -blockdev
// with fixed names (disk0, disk1, ...), so that a monitor can find them.
func (b *Builder) diskRows(m machineArgs) [][2]string {
	var rows [][2]string
	bus := ""
	switch b.DiskInterface {
	case "virtio-scsi":
		rows, bus = append(rows, [2]string{"-device", "virtio-scsi-pci,id=scsi0"}), ",bus=scsi0.0"
	case "scsi":
		rows, bus = append(rows, [2]string{"-device", "lsi53c895a,id=scsi0"}), ",bus=scsi0.0"
	case "sata":
		rows = append(rows, [2]string{"-device", "ich9-ahci,id=ahci0"})
	}
	for i, path := range m.disks {
		name := fmt.Sprintf("disk%d", i)
		rows = append(rows, [2]string{"-blockdev", b.fileNode(name+"-file", path)}, [2]string{"-blockdev", b.formatNode(name, m.formats[i])})
		device := ""
		switch b.DiskInterface {
		case "virtio":
			device = "virtio-blk-pci,drive=" + name
		case "virtio-scsi", "scsi":
			device = "scsi-hd,drive=" + name + bus
		case "sata":
			device = fmt.Sprintf("ide-hd,drive=%s,bus=ahci0.%d", name, i)
		case "ide":
			device = "ide-hd,drive=" + name
		case "sd":
			rows = append(rows, [2]string{"-device", "sdhci-pci"})
			device = "sd-card,drive=" + name
		}
		if b.DiskCache == "writethrough" || b.DiskCache == "directsync" {
			device += ",write-cache=off"
		}
		if b.DiskInterface != "sd" {
			device += fmt.Sprintf(",bootindex=%d", i)
		}
		rows = append(rows, [2]string{"-device", device})
	}
	if m.seed != "" {
		rows = append(rows, b.readOnly("seed", m.seed, b.DiskInterface == "virtio")...)
	}
	if m.cd != "" {
		rows = append(rows, b.readOnly("cd", m.cd, b.CDROMInterface == "virtio")...)
	}
	return rows
}

func (b *Builder) fileNode(name, path string) string {
	node := "driver=file,node-name=" + name + ",filename=" + comma(path)
	switch b.DiskCache {
	case "unsafe":
		node += ",cache.no-flush=on"
	case "none", "directsync":
		node += ",cache.direct=on"
	}
	return node + b.discard()
}

func (b *Builder) formatNode(name, format string) string {
	node := fmt.Sprintf("driver=%s,node-name=%s,file=%s-file", format, name, name)
	if b.DiskCache == "unsafe" {
		node += ",cache.no-flush=on"
	}
	node += b.discard()
	if zeroes := b.DiskDetectZeroes; zeroes != "off" {
		if zeroes == "unmap" && b.DiskDiscard != "unmap" {
			zeroes = "on" // QEMU refuses to unmap zeroes where nothing is discarded
		}
		node += ",detect-zeroes=" + zeroes
	}
	return node
}

func (b *Builder) discard() string { return ",discard=" + b.DiskDiscard }

// readOnly attaches an ISO image as a disk where the guest has virtio, else as a CD.
func (b *Builder) readOnly(name, path string, disk bool) [][2]string {
	device := "ide-cd,drive=" + name
	if disk {
		device = "virtio-blk-pci,drive=" + name
	}
	return [][2]string{
		{"-blockdev", "driver=raw,node-name=" + name + ",read-only=on,file.driver=file,file.read-only=on,file.filename=" + comma(path)},
		{"-device", device},
	}
}

// comma doubles commas, as QEMU's option syntax wants them.
func comma(s string) string { return strings.ReplaceAll(s, ",", ",,") }
