package file

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/draft"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

func (f *File) download(ctx context.Context, g guest.Guest, out *ui.UI) error {
	for _, s := range f.sources() {
		out.Say("Downloading %s to %s", s, f.Destination)
		if strings.HasSuffix(s, "/") || strings.ContainsAny(s, "*?[") {
			if err := guest.DownloadTree(ctx, g, s, f.Destination, f.become()); err != nil {
				return err
			}
			continue
		}
		to := f.Destination
		if strings.HasSuffix(to, "/") {
			to = filepath.Join(to, path.Base(s))
		}
		if err := f.downloadFile(ctx, g, s, to); err != nil {
			return err
		}
	}
	return nil
}

// downloadFile writes beside the destination first: a half-written file never
// has the final name.
func (f *File) downloadFile(ctx context.Context, g guest.Guest, remote, local string) error {
	mode, err := f.mode(0o644)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(local), 0o755); err != nil {
		return fmt.Errorf("downloading %s: %w", remote, err)
	}
	return draft.Write(local, mode, func(w *os.File) error {
		var err error
		if f.become().User == "" {
			err = g.Download(ctx, remote, w)
		} else {
			err = guest.DownloadFile(ctx, g, remote, w, f.become())
		}
		if err == nil && f.Mode != "" { // the default follows the umask
			err = w.Chmod(mode)
		}
		return err
	})
}
