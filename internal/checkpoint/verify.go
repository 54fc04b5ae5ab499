package checkpoint

import (
	"context"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sync/errgroup"

	"github.com/ovenbird-io/ovenbird/internal/digest"
)

const readers = 4 // files read side by side

// Verify reads every file of the checkpoint and compares its checksum. What
// differs is a *DamageError; dropping the checkpoint is the caller's.
func (c *Checkpoint) Verify(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	for _, want := range c.Files {
		g.Go(func() error {
			f, err := os.OpenFile(c.Path(want.Name), os.O_RDONLY|syscall.O_NOFOLLOW, 0)
			if err != nil {
				return damaged(c.Key, c.Title, err)
			}
			defer f.Close()
			size, sum, err := digest.CRC32C(ctx, f)
			if err != nil {
				return damaged(c.Key, c.Title, err)
			}
			info, err := f.Stat()
			if err != nil {
				return damaged(c.Key, c.Title, err)
			}
			if why := want.differs(info.Mode(), size); why != "" {
				return &DamageError{c.Key, c.Title, why}
			}
			if sum != want.CRC32C {
				return &DamageError{c.Key, c.Title, fmt.Sprintf("%s has the checksum %08x instead of %08x", want.Name, sum, want.CRC32C)}
			}
			return nil
		})
	}
	return g.Wait()
}
