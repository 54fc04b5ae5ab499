package base

import (
	"cmp"
	"context"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/fetch"
)

// CheckOnline asks for the base image and its checksum.
func (o *Origin) CheckOnline(ctx context.Context) error {
	urls := o.urls()
	switch {
	case strings.HasPrefix(o.Base, "source."):
		return nil // it is made in the same run
	case o.Base != "":
		urls = []string{o.Base}
	}
	return fetch.Probe(ctx, fetch.Options{URLs: urls, Checksum: cmp.Or(o.ISOChecksum, "none")})
}
