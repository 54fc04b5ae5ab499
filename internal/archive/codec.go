// Package archive writes compressed files and archives as a stream, on all
// cores, with memory bounded by the number of cores and not by the size of what
// is written.
package archive

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"runtime"

	"github.com/dsnet/compress/bzip2"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/klauspost/pgzip"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
)

// MaxLevel is the highest compression level; 1 is the lowest, 0 the codec's own.
const MaxLevel = 9

// How much is compressed at once by one core, in bytes. Larger blocks compress
// better and take more memory; that of bgzf is part of the format.
const (
	smallBlock = 1 << 20
	largeBlock = 8 << 20
	bzip2Block = 4 * 900_000
	bgzfBlock  = 0xff00
)

// bgzfEnd is the empty block that ends each file of that format.
const bgzfEnd = "1f8b08040000000000ff0600424302001b0003000000000000000000"

// NewWriter compresses what is written to it, at a level of 1 to MaxLevel, or 0
// for the codec's own. Close finishes the stream and leaves w open.
func NewWriter(w io.Writer, codec string, level int) (io.WriteCloser, error) {
	switch codec {
	case "":
		return unchanged{w}, nil
	case "gz":
		return newGzip(w, level)
	case "lz4":
		return newLZ4(w, level)
	case "zst":
		return newZstd(w, level)
	case "bgzf":
		return newBlocks(w, bgzfBlock, func(b []byte, last bool) ([]byte, error) { return bgzf(b, last, level) }), nil
	case "bz2":
		return newBlocks(w, bzip2Block, func(b []byte, _ bool) ([]byte, error) {
			var out bytes.Buffer
			z, err := bzip2.NewWriter(&out, &bzip2.WriterConfig{Level: level})
			return finish(&out, z, b, err)
		}), nil
	case "xz":
		return newBlocks(w, largeBlock, func(b []byte, _ bool) ([]byte, error) {
			var out bytes.Buffer
			z, err := xz.NewWriter(&out)
			return finish(&out, z, b, err)
		}), nil
	}
	return nil, fmt.Errorf("there is no codec %q", codec)
}

// newDeflate is what zip files hold: blocks that end on whole bytes are one
// stream when they stand one after another.
func newDeflate(w io.Writer, level int) io.WriteCloser {
	if level == 0 {
		level = flate.DefaultCompression
	}
	return newBlocks(w, smallBlock, func(b []byte, last bool) ([]byte, error) {
		var out bytes.Buffer
		z, err := flate.NewWriter(&out, level)
		if err != nil {
			return nil, err
		}
		if last {
			return finish(&out, z, b, nil)
		}
		if _, err := z.Write(b); err != nil {
			return nil, err
		}
		err = z.Flush()
		return out.Bytes(), err
	})
}

func newGzip(w io.Writer, level int) (io.WriteCloser, error) {
	if level == 0 {
		level = pgzip.DefaultCompression
	}
	z, err := pgzip.NewWriterLevel(w, level)
	if err != nil {
		return nil, err
	}
	return z, z.SetConcurrency(smallBlock, cores())
}

func newLZ4(w io.Writer, level int) (io.WriteCloser, error) {
	z := lz4.NewWriter(w)
	options := []lz4.Option{lz4.ConcurrencyOption(cores())}
	if level > 0 { // the library counts its levels from 1<<9 up
		options = append(options, lz4.CompressionLevelOption(lz4.CompressionLevel(1<<(8+level))))
	}
	return z, z.Apply(options...)
}

// newZstd writes a frame for each block: within one frame the library keeps
// hardly two cores busy.
func newZstd(w io.Writer, level int) (io.WriteCloser, error) {
	options := []zstd.EOption{zstd.WithEncoderConcurrency(cores()), zstd.WithZeroFrames(true)}
	if level > 0 {
		options = append(options, zstd.WithEncoderLevel(zstd.EncoderLevelFromZstd(level)))
	}
	z, err := zstd.NewWriter(nil, options...)
	if err != nil {
		return nil, err
	}
	return newBlocks(w, largeBlock, func(b []byte, _ bool) ([]byte, error) { return z.EncodeAll(b, nil), nil }), nil
}

// bgzf makes one block: a gzip member that tells its own length.
func bgzf(b []byte, last bool, level int) ([]byte, error) {
	var out bytes.Buffer
	if len(b) > 0 {
		if level == 0 {
			level = gzip.DefaultCompression
		}
		z, err := gzip.NewWriterLevel(&out, level)
		if err != nil {
			return nil, err
		}
		z.Extra, z.OS = []byte("BC\x02\x00\x00\x00"), 0xff
		if _, err := finish(&out, z, b, nil); err != nil {
			return nil, err
		}
		binary.LittleEndian.PutUint16(out.Bytes()[16:], uint16(out.Len()-1)) // a block is shorter than 64 KiB
	}
	if !last {
		return out.Bytes(), nil
	}
	end, err := hex.DecodeString(bgzfEnd)
	return append(out.Bytes(), end...), err
}

// finish writes a block and its stream's end.
func finish(out *bytes.Buffer, z io.WriteCloser, b []byte, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(b); err != nil {
		return nil, err
	}
	err = z.Close()
	return out.Bytes(), err
}

func cores() int { return runtime.GOMAXPROCS(0) }

// unchanged is the codec that does nothing.
type unchanged struct{ io.Writer }

func (unchanged) Close() error { return nil }
