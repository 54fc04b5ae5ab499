package vagrant

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ovenbird-io/ovenbird/internal/archive"
	"github.com/ovenbird-io/ovenbird/internal/qemuimg"
	"github.com/ovenbird-io/ovenbird/internal/scratch"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// metadata is what Vagrant and its libvirt provider read of a box. A box of one
// disk tells of it the old way, which each version knows.
type metadata struct {
	Provider     string     `json:"provider"`
	Architecture string     `json:"architecture,omitempty"`
	Format       string     `json:"format,omitempty"`
	VirtualSize  int64      `json:"virtual_size,omitempty"` // GiB, rounded up
	Disks        []diskFile `json:"disks,omitempty"`
}

type diskFile struct {
	Path string `json:"path"`
}

// vagrantfile is what a box needs of its own.
const vagrantfile = `Vagrant.configure("2") do |config|
  config.vm.provider :libvirt
end
`

// write makes the box: a tar of images, metadata and Vagrantfile.
func (v *Vagrant) write(ctx context.Context, box Box, name string, disks []string, format string, out *ui.UI) (err error) {
	dir, err := scratch.New(filepath.Dir(name), ".vagrant-")
	if err != nil {
		return err
	}
	defer func() {
		if gone := dir.Remove(); err == nil {
			err = gone
		}
	}()
	meta := metadata{Provider: libvirt, Architecture: box.Architecture}
	var images []archive.Entry
	for i, disk := range disks {
		image, size, err := standalone(ctx, disk, format, dir.Join(fmt.Sprintf("disk-%d", i)), out)
		if err != nil {
			return err
		}
		entry := archive.Entry{Name: "box.img", Path: image}
		if len(disks) == 1 {
			meta.Format, meta.VirtualSize = "qcow2", gibibytes(size)
		} else {
			entry.Name = fmt.Sprintf("box_%d.img", i+1)
			meta.Disks = append(meta.Disks, diskFile{entry.Name})
		}
		images = append(images, entry)
	}
	// What is small goes first: it is read without unpacking the images.
	entries, err := box.entries(meta)
	if err != nil {
		return err
	}
	entries = append(entries, images...)
	if err := distinct(entries); err != nil {
		return err
	}
	kind, level := archive.Format{Archive: "tar", Codec: "gz"}, box.level()
	if level == 0 {
		kind.Codec = ""
	}
	total, err := archive.Size(entries)
	if err != nil {
		return err
	}
	bar := out.Progress("writing the box", total)
	defer bar.Close()
	return archive.Write(ctx, name, kind, max(level, 0), entries, bar)
}

// entries are all files of the box but the images.
func (b Box) entries(meta metadata) ([]archive.Entry, error) {
	text, err := json.MarshalIndent(meta, "", "  ")
	if err != nil {
		return nil, err
	}
	recipe := []byte(vagrantfile)
	if b.VagrantfileTemplate != "" {
		own, err := os.ReadFile(b.VagrantfileTemplate)
		if err != nil {
			return nil, fmt.Errorf("reading vagrantfile_template: %w", err)
		}
		recipe = append(append(recipe, '\n'), own...)
	}
	entries := []archive.Entry{{Name: "metadata.json", Data: append(text, '\n')}, {Name: "Vagrantfile", Data: recipe}}
	for _, f := range b.Include {
		entries = append(entries, archive.Entry{Name: filepath.Base(f), Path: f})
	}
	return entries, nil
}

// distinct reports a file of include that would take another's place.
func distinct(entries []archive.Entry) error {
	seen := map[string]bool{}
	for _, e := range entries {
		if seen[e.Name] {
			return fmt.Errorf("the box would hold two files called %s; rename the one in include", e.Name)
		}
		seen[e.Name] = true
	}
	return nil
}

// gibibytes rounds up: a disk is never made smaller than its image.
func gibibytes(bytes int64) int64 { return (bytes + 1<<30 - 1) >> 30 }

// standalone gives the image of a disk as a qcow2 file that needs no other, and
// its size in bytes. It is the disk itself where that will do, and made at
// spare otherwise.
//
// The format is looked for in the image only where the builder did not tell it:
// a guest can write what it likes to a raw disk, another format's head too.
func standalone(ctx context.Context, disk, format, spare string, out *ui.UI) (image string, size int64, err error) {
	info, err := qemuimg.Inspect(ctx, disk, format)
	if err != nil {
		return "", 0, err
	}
	if info.Format == "qcow2" && info.Backing == "" {
		return disk, info.Size, nil
	}
	out.Say("converting %s to qcow2", disk)
	_, err = qemuimg.Run(ctx, "convert", "-f", info.Format, "-O", "qcow2", disk, spare)
	return spare, info.Size, err
}
