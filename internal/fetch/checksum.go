package fetch

import (
	"bufio"
	"crypto/md5"  //nolint:gosec // for checksums that others publish
	"crypto/sha1" //nolint:gosec // likewise
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"path"
	"regexp"
	"strings"
)

// Checksum is what a download must match. The zero value is no check at all.
type Checksum struct {
	Type string // "md5", "sha1", "sha256" or "sha512"; "" means none or List
	Hex  string // lower case
	List string // URL or path of a list of checksums, from "file:..."
}

// None tells that there is nothing to check against.
func (c Checksum) None() bool { return c == Checksum{} }

func (c Checksum) String() string {
	switch {
	case c.List != "":
		return "file:" + c.List
	case c.Type == "":
		return "none"
	}
	return c.Type + ":" + c.Hex
}

// NewHash makes a hash of the named type: md5 sha1 sha224 sha256 sha384 sha512.
func NewHash(name string) (h hash.Hash, ok bool) {
	switch name {
	case "md5":
		return md5.New(), true //nolint:gosec // see the import
	case "sha1":
		return sha1.New(), true //nolint:gosec // see the import
	case "sha224":
		return sha256.New224(), true
	case "sha256":
		return sha256.New(), true
	case "sha384":
		return sha512.New384(), true
	case "sha512":
		return sha512.New(), true
	}
	return nil, false
}

// typeOf tells a digest's type from its length in hex digits.
func typeOf(digest string) string {
	return map[int]string{32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}[len(digest)]
}

// ParseChecksum reads the forms of iso_checksum: "none" or nothing, bare hex,
// "TYPE:HEX", and "file:URL-or-path" of a list in GNU or BSD style. It opens
// nothing.
func ParseChecksum(s string) (Checksum, error) {
	s = strings.TrimSpace(s)
	if s == "" || s == "none" {
		return Checksum{}, nil
	}
	if list, ok := strings.CutPrefix(s, "file:"); ok {
		if list == "" || strings.HasSuffix(strings.ToLower(list), ".iso") {
			return Checksum{}, fmt.Errorf("%q must name a list of checksums, not an image", s)
		}
		return Checksum{List: list}, nil
	}
	kind, digest, typed := strings.Cut(s, ":")
	if !typed {
		kind, digest = typeOf(s), s
		if kind == "" {
			return Checksum{}, fmt.Errorf("%q is no checksum: hex digits of md5 (32), sha1 (40), sha256 (64) or sha512 (128), \"TYPE:HEX\", \"file:URL-or-path\" or \"none\"", s)
		}
	}
	kind, digest = strings.ToLower(kind), strings.ToLower(strings.TrimSpace(digest))
	if kind != "md5" && kind != "sha1" && kind != "sha256" && kind != "sha512" {
		return Checksum{}, fmt.Errorf("checksum type %q is unknown: use md5, sha1, sha256, sha512 or file", kind)
	}
	if _, err := hex.DecodeString(digest); err != nil {
		return Checksum{}, fmt.Errorf("checksum %q has other characters than hex digits, or an odd number of them", digest)
	}
	if typeOf(digest) != kind {
		return Checksum{}, fmt.Errorf("a %s checksum does not have %d hex digits, as %q does", kind, len(digest), digest)
	}
	return Checksum{Type: kind, Hex: digest}, nil
}

// entry is one line of a list.
type entry struct{ name, digest string }

// readList reads a list of checksums; lines of other shapes (comments,
// signatures) are passed over.
func readList(r io.Reader) ([]entry, error) {
	gnu := regexp.MustCompile(`^\\?([0-9a-fA-F]{32,128})(?:[ \t]+\*?(.*))?$`)
	bsd := regexp.MustCompile(`^(?:MD5|SHA1|SHA256|SHA512) ?\((.*)\) ?= ?([0-9a-fA-F]+)$`)
	var all []entry
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		e := entry{}
		if m := bsd.FindStringSubmatch(line); m != nil {
			e = entry{m[1], m[2]}
		} else if m := gnu.FindStringSubmatch(line); m != nil {
			e = entry{m[2], m[1]}
		}
		if typeOf(e.digest) != "" {
			all = append(all, entry{path.Base(e.name), strings.ToLower(e.digest)})
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading list: %w", err)
	}
	return all, nil
}

// pick finds a file in a list. Of several types the longest digest wins; a list
// of a single line is taken whatever name it has.
func pick(list []entry, name string) (Checksum, bool) {
	var best string
	for _, e := range list {
		if (e.name == name || len(list) == 1) && len(e.digest) > len(best) {
			best = e.digest
		}
	}
	return Checksum{Type: typeOf(best), Hex: best}, best != ""
}
