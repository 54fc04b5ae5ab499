package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/stall"
)

// Probe tells whether File could get one of the URLs: a server answers for it,
// or the local file is there, and a list of checksums names it. Nothing is kept,
// and of the file one byte is asked for; signed URLs often allow nothing but GET.
func Probe(ctx context.Context, o Options) error {
	sum, err := ParseChecksum(o.Checksum)
	if err != nil {
		return err
	}
	o.Stall = cmp.Or(o.Stall, time.Minute)
	if o.Client == nil {
		o.Client = client()
	}
	errs := []error{errors.New("no URL can be used")}
	for _, raw := range o.URLs {
		err := o.probe(ctx, raw, sum)
		if err == nil {
			return nil
		}
		if len(o.URLs) == 1 {
			return err
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (o Options) probe(ctx context.Context, raw string, sum Checksum) error {
	u, local, err := o.locate(raw)
	if err != nil {
		return err
	}
	if u == nil {
		if _, err := os.Stat(local); err != nil {
			return err
		}
	} else {
		ctx, watch := stall.Start(ctx, o.Stall)
		defer watch.Stop()
		res, err := o.get(ctx, u, map[string]string{"Range": "bytes=0-0"})
		if err != nil {
			return fmt.Errorf("asking for %s: %w", u.Redacted(), err)
		}
		_ = res.Body.Close() // nothing is wanted of it
		if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusPartialContent {
			return fmt.Errorf("asking for %s: server answered %s", u.Redacted(), res.Status)
		}
	}
	_, err = o.resolve(ctx, sum, u, local)
	return err
}
