// Package ram keeps memories of machines: the streams in which QEMU moves a
// machine (docs/devel/migration.rst, migration/ram.c and savevm.c of QEMU 7.2),
// each written as what has changed since the one before. Nothing depends on the
// stream being understood: what is not is kept as it is.
package ram

// What QEMU writes. All numbers are big-endian.
const (
	pageSize = 4096 // bytes; addresses have flags in their lower bits

	flagZero     = 0x02 // a byte that fills the page follows
	flagSize     = 0x04 // the blocks of memory follow, with this many bytes in all
	flagPage     = 0x08 // the page follows
	flagEnd      = 0x10 // no more pages in this section
	flagContinue = 0x20 // in the block of the last page; otherwise the block's name follows

	sectionPart   = 0x02
	sectionEnd    = 0x03
	sectionFooter = 0x7e
)

// ramSection is how the section with the memory begins, after its type and its
// number, which has four bytes: name, instance and version.
const ramSection = "\x03ram\x00\x00\x00\x00\x00\x00\x00\x04"

// A memory's file begins with one of these. Then come operations, of a byte,
// numbers as in encoding/binary's Uvarint, and content.
const (
	whole = "ovenbird memory 1 whole\n"
	delta = "ovenbird memory 1 delta\n" // opSame is of the memory before
)

const (
	opLiteral = 'L' // n, n bytes of the stream
	opBlock   = 'B' // n, n bytes: the next page is the first one of the block of that name
	opAt      = 'A' // n: the address of the next page, in pages; it is the one behind the last otherwise
	opOwn     = 'O' // n, n pages
	opSame    = 'S' // skip, n: leave out some pages of the memory before, then take n
	opZero    = 'Z' // n: so many pages of zeroes
	opEnd     = 'E' // four bytes: CRC-32C of the stream
)

// At most this many bytes follow an opLiteral, and pages an opOwn.
const (
	mostLiteral = 1 << 20
	mostOwn     = 256
)
