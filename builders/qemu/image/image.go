// Package image makes the artifact's disks of those of a machine.
package image

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/ovenbird-io/ovenbird/builders/qemu/disk"
	"github.com/ovenbird-io/ovenbird/builders/qemu/hardware"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/seal"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Writer makes images in a folder.
type Writer struct {
	Disk   *disk.Options
	Folder string
	Name   string // of the main disk's file
	Secret []byte // what must not be left of the bake in it; nil is nothing
	Out    *ui.UI
}

// Path is where disk i of the artifact is, the main disk being 0.
func (w *Writer) Path(i int) string {
	main := filepath.Join(w.Folder, w.Name)
	if i == 0 {
		return main
	}
	return fmt.Sprintf("%s-%d", main, i)
}

// Finish makes images of disks that grew where the images are to be: only the
// main one is an overlay, which stays one when it may have a backing file.
func (w *Writer) Finish(ctx context.Context, main hardware.Disk, layered bool) error {
	if err := w.scrub(ctx, main.Path); err != nil {
		return err
	}
	if layered {
		return nil
	}
	return w.replace(main.Path, func(flat string) error { return w.Disk.Flatten(ctx, main, flat, w.Out) })
}

// Flatten makes images of disks whose layers must stay as they are, so that
// only the result can be scrubbed, before it is compressed.
func (w *Writer) Flatten(ctx context.Context, disks []hardware.Disk) error {
	plain := *w.Disk
	plain.DiskCompression = false
	for i, d := range disks {
		to := w.Path(i)
		if err := plain.Flatten(ctx, d, to, w.Out); err != nil {
			return err
		}
		if i > 0 {
			continue
		}
		if err := w.scrub(ctx, to); err != nil {
			return err
		}
		if !w.Disk.DiskCompression {
			continue
		}
		err := w.replace(to, func(packed string) error {
			return w.Disk.Flatten(ctx, hardware.Disk{Path: to, Format: w.Disk.Format}, packed, w.Out)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// scrub overwrites what is left of the secret in blocks that the guest freed.
func (w *Writer) scrub(ctx context.Context, image string) error {
	if w.Secret == nil {
		return nil
	}
	_, err := seal.Scrub(ctx, image, w.Secret)
	return err
}

// replace makes the file anew, of what it was.
func (w *Writer) replace(file string, write func(to string) error) error {
	next := filepath.Join(w.Folder, ".flat")
	if err := write(next); err != nil {
		return err
	}
	if err := os.Rename(next, file); err != nil {
		return fmt.Errorf("finishing the image: %w", err)
	}
	return nil
}

// builderID names the artifacts of the qemu builder; scripts that read
// manifests know it from Packer's.
const builderID = "transcend.qemu"

// Artifact describes the images that stand in the folder.
func (w *Writer) Artifact() (*artifact.Artifact, error) {
	own, err := artifact.Tree(w.Folder)
	if err != nil {
		return nil, fmt.Errorf("looking at the image: %w", err)
	}
	info, err := os.Stat(w.Path(0))
	if err != nil {
		return nil, fmt.Errorf("looking at the image: %w", err)
	}
	a := &artifact.Artifact{
		Builder: builderID, ID: "VM",
		Title:   "VM files in directory: " + w.Folder,
		Destroy: func(kept []string) error { return artifact.Remove(own, kept) },
		Details: map[string]string{
			"disk": w.Path(0), "format": w.Disk.Format, "size_bytes": strconv.FormatInt(info.Size(), 10),
		},
	}
	for i := range len(w.Disk.AdditionalDisks) + 1 {
		a.Files = append(a.Files, w.Path(i))
	}
	return a, nil
}
