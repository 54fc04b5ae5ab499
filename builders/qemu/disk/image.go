package disk

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strconv"
	"strings"

	"github.com/ovenbird-io/ovenbird/builders/qemu/hardware"
	"github.com/ovenbird-io/ovenbird/internal/proc"
	"github.com/ovenbird-io/ovenbird/internal/qemuimg"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Overlay makes the bake's disk: a qcow2 image on top of the base, which is
// never written, grown to disk_size where that is asked.
func (o *Options) Overlay(ctx context.Context, base, path string) (hardware.Disk, error) {
	made := hardware.Disk{Path: path, Format: "qcow2"}
	info, err := qemuimg.Inspect(ctx, base, "")
	if err != nil {
		return made, err
	}
	made.Backing = &hardware.Disk{Path: base, Format: info.Format}
	args := append([]string{"create", "-q", "-f", "qcow2", "-F", info.Format, "-b", base}, o.imgArgs().Create...)
	if _, err := qemuimg.Run(ctx, append(args, path)...); err != nil {
		return made, err
	}
	if o.DiskSize == "" || o.DiskSize == "0" || o.SkipResizeDisk {
		return made, nil
	}
	size := bytesOf(o.DiskSize)
	if size < info.Size {
		return made, fmt.Errorf("disk_size %s is smaller than the base image %s (%d MiB); raise it or remove it", o.DiskSize, base, info.Size>>20)
	}
	if size == info.Size {
		return made, nil
	}
	args = append([]string{"resize", "-q", "-f", "qcow2"}, o.imgArgs().Resize...)
	_, err = qemuimg.Run(ctx, append(args, path, strconv.FormatInt(size, 10))...)
	return made, err
}

// Empty makes one of the additional disks.
func (o *Options) Empty(ctx context.Context, path, size string) (hardware.Disk, error) {
	args := append([]string{"create", "-q", "-f", o.Format}, o.imgArgs().Create...)
	_, err := qemuimg.Run(ctx, append(args, path, strconv.FormatInt(bytesOf(size), 10))...)
	return hardware.Disk{Path: path, Format: o.Format}, err
}

// Flatten writes a disk with all its layers as one image without unused blocks.
func (o *Options) Flatten(ctx context.Context, from hardware.Disk, to string, out *ui.UI) error {
	args := []string{"convert", "-p", "-O", o.Format, "-W", "-m", "4", "-t", "unsafe"}
	if o.Format == "qcow2" && o.DiskCompression {
		args = append(args, "-c")
	}
	source, err := json.Marshal(node(&from))
	if err != nil {
		return fmt.Errorf("writing the image: %w", err)
	}
	info, err := qemuimg.Inspect(ctx, from.Path, from.Format)
	if err != nil {
		return fmt.Errorf("writing the image: %w", err)
	}
	args = append(append(args, o.imgArgs().Convert...), "json:"+string(source), to)
	cmd := exec.Command("qemu-img", args...) //nolint:noctx // proc.Run minds ctx
	bar := out.Progress("writing the image", info.Size)
	defer bar.Close()
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &percent{add: bar.Add, of: info.Size}, &stderr
	if err := proc.Run(ctx, cmd); err != nil {
		return fmt.Errorf("writing the image: %s: %w", strings.TrimSpace(stderr.String()), err)
	}
	return nil
}

// node is the disk as QEMU's tools open it, in QEMU's own terms.
func node(d *hardware.Disk) map[string]any {
	n := map[string]any{"driver": d.Format, "file": map[string]any{"driver": "file", "filename": d.Path}}
	if d.Backing != nil {
		n["backing"] = node(d.Backing)
	}
	return n
}

func (o *Options) imgArgs() ImgArgs {
	if o.QemuImgArgs == nil {
		return ImgArgs{}
	}
	return *o.QemuImgArgs
}

// percent reads the progress qemu-img prints, "    (12.34/100%)\r", and adds
// it up as bytes of the whole.
type percent struct {
	add  func(int64)
	of   int64 // bytes
	seen int64 // bytes
	text []byte
}

func (p *percent) Write(b []byte) (int, error) {
	p.text = append(p.text, b...)
	for {
		open, end := bytes.IndexByte(p.text, '('), bytes.IndexByte(p.text, '/')
		if open < 0 || end < open {
			return len(b), nil
		}
		if f, err := strconv.ParseFloat(string(p.text[open+1:end]), 64); err == nil {
			now := int64(f / 100 * float64(p.of))
			p.add(now - p.seen)
			p.seen = now
		}
		p.text = p.text[end+1:]
	}
}

// bytesOf reads a size that sizePattern accepts; a bare number is MiB.
func bytesOf(size string) int64 {
	unit := int64(1 << 20)
	switch size[len(size)-1] | 0x20 {
	case 'b':
		unit = 1
	case 'k':
		unit = 1 << 10
	case 'g':
		unit = 1 << 30
	case 't':
		unit = 1 << 40
	}
	n, _ := strconv.ParseInt(strings.TrimRight(size, "bBkKmMgGtT"), 10, 64) // digits only, by sizePattern
	return n * unit
}
