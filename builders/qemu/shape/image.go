package shape

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
)

// Image are the facts of how a machine becomes an image: all options of the
// builder, where they are, and the program that writes it.
func Image(ctx context.Context, r builders.Reader, options any) ([]stepkey.Fact, error) {
	folder, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("finding the output folder: %w", err)
	}
	program, err := converter(ctx, r)
	return append(stepkey.Options(options, r.Hider), stepkey.Text("working folder", folder), program), err
}

func converter(ctx context.Context, r builders.Reader) (stepkey.Fact, error) {
	path, err := exec.LookPath("qemu-img")
	if err != nil {
		return stepkey.Fact{}, fmt.Errorf("finding qemu-img: %w", err)
	}
	digest, err := r.Digest(ctx, path)
	if err != nil {
		return stepkey.Fact{}, fmt.Errorf("reading qemu-img: %w", err)
	}
	return stepkey.Text("the program qemu-img", "sha256:"+digest), nil
}
