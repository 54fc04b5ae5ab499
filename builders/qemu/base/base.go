// Package base gets the disk image that a machine starts from.
package base

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/fetch"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Origin says where the base comes from; the builder embeds it with
// `hcl:",remain"`.
type Origin struct {
	// The base: a path, a URL, or another source of the template such as
	// "source.debootstrap.bookworm", which is baked first. It replaces
	// iso_url and disk_image.
	Base string `hcl:"from,optional"`
	// Path or URL of the base image. Local files are used in place.
	ISOURL string `hcl:"iso_url,optional"`
	// Paths or URLs of the same base image, tried in order.
	ISOURLs []string `hcl:"iso_urls,optional"`
	// Checksum of the base: "none", a bare hex digest, "sha256:HEX" (also md5,
	// sha1, sha512) or "file:URL-or-path" of a checksum list.
	ISOChecksum string `hcl:"iso_checksum,optional"`
	// Where the download is kept; the default is the cache folder.
	ISOTargetPath string `hcl:"iso_target_path,optional"`
	// Says that the base is a disk image to boot from.
	DiskImage bool `hcl:"disk_image,optional"`
}

// urls are the places the base can be had from, in order.
func (o *Origin) urls() []string {
	if o.ISOURL != "" {
		return append([]string{o.ISOURL}, o.ISOURLs...)
	}
	return o.ISOURLs
}

// Fetch gives the path of the base, from the cache folder dir if it is a
// download that is there already.
func (o *Origin) Fetch(ctx context.Context, dir string, out *ui.UI) (string, error) {
	urls := o.urls()
	if o.Base != "" {
		urls = []string{o.Base}
	}
	return fetch.File(ctx, fetch.Options{
		URLs: urls, Checksum: cmp.Or(o.ISOChecksum, "none"), Dir: dir, Target: o.ISOTargetPath, Out: out,
	})
}

// Validate reports every option that cannot be used.
func (o *Origin) Validate() error {
	var errs []error
	urls := o.urls()
	switch {
	case o.Base != "" && len(urls) > 0:
		errs = append(errs, option.Bad("from", "The base is named twice; use either from or iso_url."))
	case o.ISOURL != "" && len(o.ISOURLs) > 0:
		errs = append(errs, option.Bad("iso_urls", "The base is named twice; use either iso_url or iso_urls."))
	case o.Base == "" && len(urls) == 0:
		errs = append(errs, option.Bad("from", "A machine needs a base: set from to a disk image, a URL or another source of the template, or iso_url, which is empty or not set."))
	case o.Base == "" && !o.DiskImage:
		errs = append(errs, option.Later("iso_url", "Booting an installer comes later; for a disk image set disk_image = true, or name it with from."))
	}
	if len(urls) > 0 && o.Base == "" && o.ISOChecksum == "" {
		errs = append(errs, option.Bad("iso_checksum", "What iso_url names needs a checksum; write \"sha256:...\", \"file:URL\" of a checksum list, or \"none\"."))
	}
	if o.ISOChecksum != "" {
		if _, err := fetch.ParseChecksum(o.ISOChecksum); err != nil {
			errs = append(errs, option.Bad("iso_checksum", "%s", err.Error()))
		}
	}
	return errors.Join(errs...)
}

// Warnings says what is worth a second thought.
func (o *Origin) Warnings() []string {
	var all []string
	if o.ISOChecksum == "none" && slices.ContainsFunc(o.urls(), func(u string) bool { return strings.Contains(u, "://") }) {
		all = append(all, "iso_checksum = \"none\": the download is not verified.")
	}
	return all
}
