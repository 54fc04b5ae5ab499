package archive

import (
	"slices"
	"strings"
)

// Format is a kind of file: an archive, a codec, or an archive within a codec.
type Format struct {
	Archive string // "tar" or "zip"; "" holds a single file
	Codec   string // "gz", "bgzf", "bz2", "lz4", "xz" or "zst"; "" for none of them
}

// Formats are the names that ParseFormat knows, beside short ones like tgz.
func Formats() []string {
	names := []string{"tar", "zip"}
	for _, c := range codecs() {
		names = append(names, c, "tar."+c)
	}
	return names
}

func codecs() []string { return []string{"gz", "zst", "xz", "bz2", "lz4", "bgzf"} }

// String is the name of the format, as ParseFormat takes it.
func (f Format) String() string {
	if f.Archive == "" || f.Codec == "" {
		return f.Archive + f.Codec
	}
	return f.Archive + "." + f.Codec
}

// ParseFormat reads a name such as "tar.gz"; a dot in front and capitals are
// no matter.
func ParseFormat(name string) (Format, bool) {
	name = strings.TrimPrefix(strings.ToLower(name), ".")
	switch name {
	case "tar", "zip":
		return Format{Archive: name}, true
	case "tgz":
		name = "tar.gz"
	case "tbz", "tbz2":
		name = "tar.bz2"
	case "txz":
		name = "tar.xz"
	case "tzst", "tar.zstd":
		name = "tar.zst"
	case "zstd":
		name = "zst"
	case "bzip2":
		name = "bz2"
	case "gzip":
		name = "gz"
	}
	codec, isTar := strings.CutPrefix(name, "tar.")
	if !slices.Contains(codecs(), codec) {
		return Format{}, false
	}
	if isTar {
		return Format{"tar", codec}, true
	}
	return Format{"", codec}, true
}

// FormatOf reads the format off the one or two extensions of a file's name.
func FormatOf(name string) (Format, bool) {
	name = name[strings.LastIndexByte(name, '/')+1:]
	parts := strings.Split(name, ".")
	for n := min(2, len(parts)-1); n > 0; n-- {
		if f, ok := ParseFormat(strings.Join(parts[len(parts)-n:], ".")); ok {
			return f, true
		}
	}
	return Format{}, false
}
