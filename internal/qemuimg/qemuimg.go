// Package qemuimg runs qemu-img.
package qemuimg

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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
