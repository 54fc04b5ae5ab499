package debootstrap

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"unicode/utf16"

	"github.com/google/uuid"
)

// The disk, in sectors of 512 bytes: GPT, one MiB for GRUB's core image, the
// root file system, and the last MiB for GPT's copy.
const (
	sector      = 512
	mib         = 1 << 20
	grubStart   = mib / sector
	rootStart   = 2 * mib / sector
	entryCount  = 128
	entrySize   = 128
	entrySpan   = entryCount * entrySize / sector
	tableOffset = 2 * sector
)

// partition is one line of the table; last is inclusive, as GPT has it.
type partition struct {
	kind        uuid.UUID
	id          uuid.UUID
	first, last uint64
	name        string
}

// layout is the partition table of a disk of size bytes, a whole number of MiB.
func layout(size int64, newID func() uuid.UUID) []partition {
	end := uint64(size-mib)/sector - 1
	return []partition{
		{uuid.MustParse("21686148-6449-6e6f-744e-656564454649"), newID(), grubStart, rootStart - 1, "grub"},
		{uuid.MustParse("4f68bce3-e8cd-4db1-96e7-fbcaf984b709"), newID(), rootStart, end, "root"},
	}
}

// writeGPT writes the protective MBR, the table and its copy (UEFI 2.10,
// chapter 5).
func writeGPT(w io.WriterAt, size int64, disk uuid.UUID, parts []partition) error {
	table := make([]byte, entryCount*entrySize)
	for i, p := range parts {
		e := table[i*entrySize:]
		copy(e, mixedEndian(p.kind))
		copy(e[16:], mixedEndian(p.id))
		binary.LittleEndian.PutUint64(e[32:], p.first)
		binary.LittleEndian.PutUint64(e[40:], p.last)
		for j, unit := range utf16.Encode([]rune(p.name)) {
			binary.LittleEndian.PutUint16(e[56+2*j:], unit)
		}
	}
	last := uint64(size/sector) - 1
	writes := []struct {
		at   int64
		data []byte
	}{
		{0, protectiveMBR(last)},
		{sector, gptHeader(1, last, 2, last, disk, table)},
		{tableOffset, table},
		{int64(last-entrySpan) * sector, table},
		{int64(last) * sector, gptHeader(last, 1, last-entrySpan, last, disk, table)},
	}
	for _, part := range writes {
		if _, err := w.WriteAt(part.data, part.at); err != nil {
			return fmt.Errorf("writing the partition table: %w", err)
		}
	}
	return nil
}

func gptHeader(self, other, tableAt, last uint64, disk uuid.UUID, table []byte) []byte {
	h := make([]byte, sector)
	le := binary.LittleEndian
	copy(h, "EFI PART\x00\x00\x01\x00")
	le.PutUint32(h[12:], 92)
	le.PutUint64(h[24:], self)
	le.PutUint64(h[32:], other)
	le.PutUint64(h[40:], 2+entrySpan)      // first usable sector
	le.PutUint64(h[48:], last-entrySpan-1) // last usable sector
	copy(h[56:], mixedEndian(disk))
	le.PutUint64(h[72:], tableAt)
	le.PutUint32(h[80:], entryCount)
	le.PutUint32(h[84:], entrySize)
	le.PutUint32(h[88:], crc32.ChecksumIEEE(table))
	le.PutUint32(h[16:], crc32.ChecksumIEEE(h[:92]))
	return h
}

func protectiveMBR(last uint64) []byte {
	m := make([]byte, sector)
	copy(m[446:], []byte{0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff})
	binary.LittleEndian.PutUint32(m[454:], 1)
	binary.LittleEndian.PutUint32(m[458:], uint32(min(last, 0xffffffff)))
	m[510], m[511] = 0x55, 0xaa
	return m
}

// mixedEndian is a GUID as GPT stores it: the first three fields little-endian.
func mixedEndian(id uuid.UUID) []byte {
	b := bytes.Clone(id[:])
	for _, f := range [][]byte{b[0:4], b[4:6], b[6:8]} {
		for i, j := 0, len(f)-1; i < j; i, j = i+1, j-1 {
			f[i], f[j] = f[j], f[i]
		}
	}
	return b
}

// Offsets of GRUB's boot sector and core image (include/grub/i386/pc/boot.h in
// its source; the last two are the block list, struct grub_boot_blocklist, that
// ends the core image's first sector, grub-core/boot/i386/pc/diskboot.S).
const (
	bootKernelSector = 0x5c // GRUB_BOOT_MACHINE_KERNEL_SECTOR: where the core image is
	bootDriveCheck   = 0x66 // GRUB_BOOT_MACHINE_DRIVE_CHECK: a jump, for floppies
	bootCodeEnd      = 0x1b8
	coreListStart    = 0x1f4
	coreListLength   = 0x1fc
	coreSegment      = 0x820 // GRUB_BOOT_MACHINE_KERNEL_SEG plus one sector
)

// writeGRUB puts GRUB's boot sector and core image on a disk that has its
// partition table: what grub-install does, without a device.
func writeGRUB(w io.WriterAt, boot, core []byte) error {
	if len(boot) != sector || len(core) <= sector || len(core) > mib {
		return fmt.Errorf("installing GRUB: boot.img has %d bytes and core.img %d: not GRUB images", len(boot), len(core))
	}
	le := binary.LittleEndian
	boot = bytes.Clone(boot)
	le.PutUint64(boot[bootKernelSector:], grubStart)
	boot[bootDriveCheck], boot[bootDriveCheck+1] = 0x90, 0x90 // no jump: trust no BIOS to name the drive
	rest := (len(core) - 1) / sector
	core = append(bytes.Clone(core), make([]byte, (rest+1)*sector-len(core))...)
	le.PutUint64(core[coreListStart:], grubStart+1)
	le.PutUint16(core[coreListLength:], uint16(rest))
	le.PutUint16(core[coreListLength+2:], coreSegment)
	if _, err := w.WriteAt(boot[:bootCodeEnd], 0); err != nil {
		return fmt.Errorf("installing GRUB's boot sector: %w", err)
	}
	if _, err := w.WriteAt(core, grubStart*sector); err != nil {
		return fmt.Errorf("installing GRUB's core image: %w", err)
	}
	return nil
}
