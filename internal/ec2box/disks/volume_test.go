package disks

import (
	"errors"
	"os/exec"
	"testing"
)

func TestVolumes(t *testing.T) {
	if _, err := exec.LookPath("qemu-io"); err != nil {
		t.Skip("qemu-io is not installed")
	}
	s := newStore(t)
	make1(t, s, "snap-1", "", map[int]byte{0: 'a', 5: 'b', 9: 'c'})
	make1(t, s, "snap-2", "snap-1", map[int]byte{5: 'B'})
	for name, c := range map[string]struct {
		snapshot string
		size     int64
		write    []string
		want     string
		changed  int
	}{
		"untouched":  {"snap-2", 0, nil, "0a 5B 9c ", 0},
		"written":    {"snap-2", 2, []string{"write -P 0x64 3670016 524288", "write -z 4718592 524288"}, "0a 5B 7d 90 ", 2},
		"of a whole": {"snap-1", 0, []string{"write -P 0x64 3670016 524288"}, "0a 5b 7d 9c ", 1},
		"discarded":  {"snap-1", 0, []string{"discard 0 524288"}, "00 5b 9c ", 1},
		"new":        {"", 1, []string{"write -P 0x64 0 524288"}, "0d ", 1},
	} {
		t.Run(name, func(t *testing.T) {
			id := "vol-" + name
			if err := s.CreateVolume(t.Context(), id, c.snapshot, c.size); err != nil {
				t.Fatal(err)
			}
			for _, w := range c.write {
				file, err := s.VolumeFile(t.Context(), id)
				if err != nil {
					t.Fatal(err)
				}
				if text, err := exec.CommandContext(t.Context(), "qemu-io", "-d", "unmap", "-f", "qcow2", "-c", w, file).CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, text)
				}
			}
			sn, err := s.FromVolume(t.Context(), "snap-of-"+name, id)
			if err != nil {
				t.Fatal(err)
			}
			if got := letters(t, sn, sn.Blocks()); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			if c.size == 2 && sn.SizeGiB() != 2 {
				t.Errorf("%d GiB", sn.SizeGiB())
			}
			if blocks, _, err := sn.Written(); err != nil || len(blocks) != c.changed {
				t.Errorf("written: %v, %v", blocks, err)
			}
			if from, err := s.Snapshot(c.snapshot); err == nil {
				if _, related := Changed(from, sn); !related {
					t.Error("it is not related to what it was made of")
				}
			}
			if err := s.DeleteVolume(id); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Volume(id); !errors.Is(err, ErrUnknown) {
				t.Errorf("it is still there: %v", err)
			}
		})
	}
}
