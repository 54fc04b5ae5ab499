package seed

import (
	"encoding/binary"
	"fmt"
	"os"
)

const sector = 2048

// folder is one line of a path table.
type folder struct {
	name   string // UTF-16, big endian
	at     uint32 // sector
	parent int    // 1 for the root, as on disk
	size   uint32 // bytes, whole sectors
}

// relink makes the folders of the Joliet tree point at each other. go-diskfs
// (1.9.4) lets them point into the ISO 9660 tree, where Windows would find
// shortened names; only its path table has the right places.
func relink(f *os.File) error {
	svd, at, err := supplementary(f)
	if err != nil {
		return err
	}
	table := make([]byte, binary.LittleEndian.Uint32(svd[132:]))
	if _, err := f.ReadAt(table, int64(binary.LittleEndian.Uint32(svd[140:]))*sector); err != nil {
		return fmt.Errorf("reading Joliet path table: %w", err)
	}
	folders, err := pathTable(f, table)
	if err != nil {
		return err
	}
	for i := range folders {
		if err := relinkFolder(f, folders, i); err != nil {
			return fmt.Errorf("linking Joliet folders: %w", err)
		}
	}
	if len(folders) > 0 {
		point(svd[156:], folders[0])
	}
	_, err = f.WriteAt(svd, at)
	return err
}

// supplementary finds the volume descriptor of the Joliet tree.
func supplementary(f *os.File) (svd []byte, at int64, err error) {
	const joliet, end = 2, 255
	svd = make([]byte, sector)
	for at = 16 * sector; ; at += sector {
		if _, err := f.ReadAt(svd, at); err != nil {
			return nil, 0, fmt.Errorf("reading volume descriptors: %w", err)
		}
		switch svd[0] {
		case joliet:
			return svd, at, nil
		case end:
			return nil, 0, fmt.Errorf("the image has no Joliet tree")
		}
	}
}

// pathTable reads the folders; the size of each stands in its first record,
// which is about itself.
func pathTable(f *os.File, table []byte) ([]folder, error) {
	var folders []folder
	for len(table) >= 8 && table[0] > 0 {
		n := int(table[0])
		d := folder{
			name:   string(table[8 : 8+n]),
			at:     binary.LittleEndian.Uint32(table[2:]),
			parent: int(binary.LittleEndian.Uint16(table[6:])),
		}
		var self [34]byte
		if _, err := f.ReadAt(self[:], int64(d.at)*sector); err != nil {
			return nil, fmt.Errorf("reading Joliet folder: %w", err)
		}
		size := binary.LittleEndian.Uint32(self[10:])
		d.size = (size + sector - 1) / sector * sector // as the standard wants it
		folders = append(folders, d)
		table = table[min(8+n+n%2, len(table)):]
	}
	return folders, nil
}

// relinkFolder corrects the records of one folder: itself, its parent and the
// folders in it.
func relinkFolder(f *os.File, folders []folder, i int) error {
	data := make([]byte, folders[i].size)
	if _, err := f.ReadAt(data, int64(folders[i].at)*sector); err != nil {
		return err
	}
	inside := map[string]folder{}
	for j, d := range folders {
		if d.parent == i+1 && j != i {
			inside[d.name] = d
		}
	}
	record := 0
	for at := 0; at < len(data); record++ {
		n := int(data[at])
		if n == 0 { // no record crosses a sector: the rest of this one is empty
			at = (at/sector + 1) * sector
			record--
			continue
		}
		r := data[at : at+n]
		switch {
		case record == 0:
			point(r, folders[i])
		case record == 1:
			point(r, folders[folders[i].parent-1])
		case r[25]&2 != 0:
			point(r, inside[string(r[33:33+r[32]])])
		}
		at += n
	}
	_, err := f.WriteAt(data, int64(folders[i].at)*sector)
	return err
}

// point makes a folder record point at d; numbers stand in both byte orders.
func point(record []byte, d folder) {
	binary.LittleEndian.PutUint32(record[2:], d.at)
	binary.BigEndian.PutUint32(record[6:], d.at)
	binary.LittleEndian.PutUint32(record[10:], d.size)
	binary.BigEndian.PutUint32(record[14:], d.size)
}
