package debootstrap

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
)

// image is a disk in memory.
type image []byte

func (m image) WriteAt(p []byte, off int64) (int, error) { return copy(m[off:], p), nil }

func fixedID() uuid.UUID { return uuid.MustParse("00112233-4455-6677-8899-aabbccddeeff") }

func TestWriteGPT(t *testing.T) {
	const disk = 8 * mib
	m := make(image, disk)
	if err := writeGPT(m, disk, fixedID(), layout(disk, fixedID)); err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	last := disk/sector - 1
	for _, c := range []struct {
		name                 string
		self, other, tableAt int
	}{
		{"primary", 1, last, 2},
		{"copy at the end", last, 1, last - 32},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := bytes.Clone(m[c.self*sector:][:92])
			if string(h[:8]) != "EFI PART" {
				t.Fatalf("signature %q", h[:8])
			}
			got := [3]uint64{le.Uint64(h[24:]), le.Uint64(h[32:]), le.Uint64(h[72:])}
			if want := [3]uint64{uint64(c.self), uint64(c.other), uint64(c.tableAt)}; got != want {
				t.Errorf("self, other and table at %v, want %v", got, want)
			}
			if sum := crc32.ChecksumIEEE(m[c.tableAt*sector:][:128*128]); le.Uint32(h[88:]) != sum {
				t.Errorf("table's checksum is wrong")
			}
			sum := le.Uint32(h[16:])
			clear(h[16:20])
			if sum != crc32.ChecksumIEEE(h) {
				t.Errorf("header's checksum is wrong")
			}
		})
	}
	root := m[2*sector+128:]
	if first, end := le.Uint64(root[32:]), le.Uint64(root[40:]); first != 4096 || end != 7*mib/sector-1 {
		t.Errorf("root is %d-%d", first, end)
	}
	if m[450] != 0xee || m[510] != 0x55 || m[511] != 0xaa {
		t.Errorf("no protective MBR: % x", m[446:512])
	}
}

func TestGUIDsAreMixedEndian(t *testing.T) {
	want := []byte{0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}
	if got := mixedEndian(fixedID()); !bytes.Equal(got, want) {
		t.Errorf("got % x, want % x", got, want)
	}
}

func TestWriteGRUB(t *testing.T) {
	boot := bytes.Repeat([]byte{0xbb}, sector)
	for _, c := range []struct {
		name    string
		size    int
		sectors uint16
	}{
		{"just over a sector", sector + 1, 1},
		{"whole sectors", 4 * sector, 3},
		{"a part of a sector", 4*sector + 7, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := make(image, 3*mib)
			copy(m[446:], "table")
			if err := writeGRUB(m, boot, bytes.Repeat([]byte{0xcc}, c.size)); err != nil {
				t.Fatal(err)
			}
			le := binary.LittleEndian
			if at := le.Uint64(m[0x5c:]); at != 2048 {
				t.Errorf("core image at sector %d, want 2048", at)
			}
			if m[0x66] != 0x90 || m[0x67] != 0x90 {
				t.Errorf("drive check is % x, want two nops", m[0x66:0x68])
			}
			if string(m[446:451]) != "table" || m[0x1b8] != 0 {
				t.Errorf("the partition table was overwritten")
			}
			list := m[mib+0x1f4:]
			if start, n, seg := le.Uint64(list), le.Uint16(list[8:]), le.Uint16(list[10:]); start != 2049 || n != c.sectors || seg != 0x820 {
				t.Errorf("block list %d+%d to %#x, want 2049+%d to 0x820", start, n, seg, c.sectors)
			}
			if end := m[mib+c.size-1]; end != 0xcc || m[mib+c.size] != 0 {
				t.Errorf("the core image does not end where it should")
			}
		})
	}
}

func TestWriteGRUBRefuses(t *testing.T) {
	for _, c := range []struct {
		name       string
		boot, core int
	}{
		{"a short boot sector", 511, 2048},
		{"no core image", 512, 0},
		{"a core image that would reach into the root file system", 512, mib + 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := writeGRUB(make(image, 3*mib), make([]byte, c.boot), make([]byte, c.core)); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestMakeBootableNeedsTheImages(t *testing.T) {
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "disk.raw"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := makeBootable(f, dir, 8*mib); err == nil {
		t.Error("no error without boot.img")
	}
}
