package qemu

import (
	"context"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/fetch"
)

// CheckOnline asks for the base image and its checksum.
func (b *Builder) CheckOnline(ctx context.Context) error {
	urls := b.urls()
	switch {
	case strings.HasPrefix(b.Base, "source."):
		return nil // it is made in the same run
	case b.Base != "":
		urls = []string{b.Base}
	}
	return fetch.Probe(ctx, fetch.Options{URLs: urls, Checksum: or(b.ISOChecksum, "none")})
}
