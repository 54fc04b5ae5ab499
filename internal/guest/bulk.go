package guest

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Bulk is a guest that can be shown a file of the host as a read-only block
// device, which is faster than its connection for large files.
type Bulk interface {
	// Attach gives the path the device will have in the guest, where it shows
	// up a moment later, zero-padded to whole sectors. Detach takes it away.
	// A guest that cannot do it after all says so with errors.ErrUnsupported.
	Attach(ctx context.Context, local string) (device string, detach func(context.Context) error, err error)
}

// bulkSize is the file size in bytes from which a device is worth its set-up.
const bulkSize = 4 << 20

// bulkScript waits for the device, copies it as uploadScript does, and lets
// only root's way in read it where we are not root.
const bulkScript = `dev=$5; n=0
until [ -e "$dev" ]; do n=$((n+1)); if [ $n -gt 400 ]; then exit 75; fi; sleep 0.05; done
if [ -r "$dev" ]; then s=; elif sudo -n true 2>/dev/null; then s='sudo -n'; else exit 75; fi
cat() { $s head -c "$size" "$dev"; }
` + uploadScript

// noDevice is the status of bulkScript when the device cannot be used (EX_TEMPFAIL).
const noDevice = 75

// UploadLocal copies a file of the host to the named file of the guest, by the
// fastest way the guest has.
func UploadLocal(ctx context.Context, g Guest, local, name string, o FileOptions) error {
	f, err := os.Open(local)
	if err != nil {
		return fmt.Errorf("uploading %s: %w", local, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("uploading %s: %w", local, err)
	}
	if b, ok := g.(Bulk); ok && info.Mode().IsRegular() && info.Size() >= bulkSize {
		if err := uploadBulk(ctx, g, b, local, name, info.Size(), o); !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
	}
	return UploadFile(ctx, g, name, f, o)
}

func uploadBulk(ctx context.Context, g Guest, b Bulk, local, name string, size int64, o FileOptions) (err error) {
	device, detach, err := b.Attach(ctx, local)
	if err != nil {
		return fmt.Errorf("showing %s to the guest: %w", local, err)
	}
	defer func() { err = errors.Join(err, detach(context.WithoutCancel(ctx))) }()
	line := Script(bulkScript, name, octal(o.Mode), fmt.Sprint(size), owner(o), device)
	err = RunQuietly(ctx, g, o.Become.Command(Command{Line: line}))
	if exit := (*ExitError)(nil); errors.As(err, &exit) && exit.Status == noDevice {
		return fmt.Errorf("showing %s to the guest: no device came up: %w", local, errors.ErrUnsupported)
	}
	if err != nil {
		return fmt.Errorf("uploading %s to %s: %w", local, name, err)
	}
	return nil
}

func owner(o FileOptions) string {
	if o.Group != "" {
		return o.Owner + ":" + o.Group
	}
	return o.Owner
}
