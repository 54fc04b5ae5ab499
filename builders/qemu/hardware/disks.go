package hardware

import (
	"fmt"
	"strings"
)

// diskRows attach the disks, our seed and the user's CD. Nodes are -blockdev
// with fixed names (disk0, disk1, ...), so that a monitor can find them.
func (s *Spec) diskRows(m Parts) [][2]string {
	var rows [][2]string
	bus := ""
	switch s.DiskInterface {
	case "virtio-scsi":
		rows, bus = append(rows, [2]string{"-device", "virtio-scsi-pci,id=scsi0"}), ",bus=scsi0.0"
	case "scsi":
		rows, bus = append(rows, [2]string{"-device", "lsi53c895a,id=scsi0"}), ",bus=scsi0.0"
	case "sata":
		rows = append(rows, [2]string{"-device", "ich9-ahci,id=ahci0"})
	}
	for i, d := range m.Disks {
		name := fmt.Sprintf("disk%d", i)
		rows = append(rows, [2]string{"-blockdev", s.fileNode(name+"-file", d.Path)}, [2]string{"-blockdev", s.formatNode(name, d.Format) + backing("", d.Backing)})
		device := ""
		switch s.DiskInterface {
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
		if s.DiskCache == "writethrough" || s.DiskCache == "directsync" {
			device += ",write-cache=off"
		}
		if s.DiskInterface != "sd" {
			device += fmt.Sprintf(",bootindex=%d", i)
		}
		rows = append(rows, [2]string{"-device", device})
	}
	if m.Seed != "" {
		rows = append(rows, s.readOnly("seed", m.Seed, s.DiskInterface == "virtio")...)
	}
	if m.CD != "" {
		rows = append(rows, s.readOnly("cd", m.CD, s.CDROMInterface == "virtio")...)
	}
	return rows
}

func (s *Spec) fileNode(name, path string) string {
	node := "driver=file,node-name=" + name + ",filename=" + comma(path)
	switch s.DiskCache {
	case "unsafe":
		node += ",cache.no-flush=on"
	case "none", "directsync":
		node += ",cache.direct=on"
	}
	return node + s.discard()
}

func (s *Spec) formatNode(name, format string) string {
	node := fmt.Sprintf("driver=%s,node-name=%s,file=%s-file", format, name, name)
	if s.DiskCache == "unsafe" {
		node += ",cache.no-flush=on"
	}
	node += s.discard()
	if zeroes := s.zeroes(); zeroes != "off" {
		node += ",detect-zeroes=" + zeroes
	}
	return node
}

// backing names the layers below, whatever the images themselves say: they may
// have been moved since.
func backing(prefix string, d *Disk) string {
	if d == nil {
		return ""
	}
	prefix += "backing."
	node := fmt.Sprintf(",%[1]sdriver=%[2]s,%[1]sfile.driver=file,%[1]sfile.filename=%[3]s", prefix, d.Format, comma(d.Path))
	return node + backing(prefix, d.Backing)
}

// Layer is how QEMU's monitor opens an empty overlay that becomes the top of a
// disk, as Args would open it.
func (s *Spec) Layer(name, path string) map[string]any {
	file := map[string]any{"driver": "file", "filename": path, "discard": s.DiskDiscard}
	node := map[string]any{"driver": "qcow2", "node-name": name, "file": file, "backing": nil, "discard": s.DiskDiscard}
	switch s.DiskCache {
	case "unsafe":
		file["cache"] = map[string]any{"no-flush": true}
		node["cache"] = map[string]any{"no-flush": true}
	case "none", "directsync":
		file["cache"] = map[string]any{"direct": true}
	}
	if zeroes := s.zeroes(); zeroes != "off" {
		node["detect-zeroes"] = zeroes
	}
	return node
}

// zeroes is what becomes of written zeroes; QEMU refuses to unmap them where
// nothing is discarded.
func (s *Spec) zeroes() string {
	if s.DiskDetectZeroes == "unmap" && s.DiskDiscard != "unmap" {
		return "on"
	}
	return s.DiskDetectZeroes
}

func (s *Spec) discard() string { return ",discard=" + s.DiskDiscard }

// readOnly attaches an ISO image as a disk where the guest has virtio, else as a CD.
func (s *Spec) readOnly(name, path string, disk bool) [][2]string {
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
