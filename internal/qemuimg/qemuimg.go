// Package qemuimg runs qemu-img.
package qemuimg

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/proc"
)

// Run runs qemu-img and returns what it prints; its own words are in the error.
func Run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.Command("qemu-img", args...) //nolint:noctx // proc.Run minds ctx
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := proc.Run(ctx, cmd); err != nil {
		if text := strings.TrimSpace(stderr.String()); text != "" {
			return nil, fmt.Errorf("qemu-img %s: %s: %w", args[0], text, err)
		}
		return nil, fmt.Errorf("qemu-img %s: %w", args[0], err)
	}
	return stdout.Bytes(), nil
}

// Info is what qemu-img knows of an image.
type Info struct {
	Format  string `json:"format"`
	Size    int64  `json:"virtual-size"`     // bytes
	Backing string `json:"backing-filename"` // "" for an image that stands alone
	// FullBacking is the same, with the folder of the image where it is relative.
	FullBacking string `json:"full-backing-filename"`
}

// Layered says whether the file is a qcow2 image on top of another one, without
// starting a program: in qcow2's header the backing file's name stands at the
// offset given by bytes 8 to 15, 0 for none (docs/interop/qcow2.txt of QEMU).
func Layered(image string) (bool, error) {
	f, err := os.Open(image)
	if err != nil {
		return false, fmt.Errorf("reading an image: %w", err)
	}
	defer f.Close()
	header := make([]byte, 16)
	if _, err := io.ReadFull(f, header); err != nil {
		return false, nil //nolint:nilerr // too small to be one
	}
	return string(header[:4]) == "QFI\xfb" && binary.BigEndian.Uint64(header[8:]) != 0, nil
}

// Inspect looks at an image, taking it for the format; "" lets qemu-img guess,
// which a guest that writes a header of its own can mislead.
func Inspect(ctx context.Context, image, format string) (Info, error) {
	args := []string{"info", "--output=json", "--force-share"}
	if format != "" {
		args = append(args, "-f", format)
	}
	var info Info
	raw, err := Run(ctx, append(args, image)...)
	if err != nil {
		return info, err
	}
	if err := json.Unmarshal(raw, &info); err != nil {
		return info, fmt.Errorf("reading what qemu-img says of %s: %w", image, err)
	}
	return info, nil
}
