package frozen

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/builders/qemu/hardware"
	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
)

// TestLayers freezes a machine twice, and lets three go on from what was kept.
func TestLayers(t *testing.T) {
	b := newBench(t)
	l := b.boot()
	b.write(&l.Tops[0], 1, 2)
	b.write(&l.Tops[1], 0, 2)
	b.freeze(l, "boot", "")
	b.write(&l.Tops[0], 2, 3)
	b.freeze(l, "one", "boot")
	b.write(&l.Tops[0], 9, 4)
	b.write(&l.Tops[0], 1, 4)
	b.disks(l, "1430000004", "2000")
	if gone, err := b.store.Prune(0); len(gone) != 0 || err != nil {
		t.Errorf("what a machine stands on was removed: %d, %v", len(gone), err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}

	early, late := b.resume(b.chain("boot")), b.resume(b.chain("one"))
	b.disks(early, "1200000000", "2000")
	b.disks(late, "1230000000", "2000")
	b.write(&early.Tops[0], 2, 5)
	b.write(&early.Tops[1], 3, 5)
	b.freeze(early, "other", "boot")
	b.write(&late.Tops[0], 2, 6)
	b.freeze(late, "two", "one")
	b.disks(b.resume(b.chain("other")), "1250000000", "2005")
	b.disks(b.resume(b.chain("two")), "1260000000", "2000")
	b.disks(b.resume(b.chain("one")), "1230000000", "2000")
	if got := b.read(hardware.Disk{Path: b.base, Format: "raw"}); got != "10000000" {
		t.Errorf("the base is %s", got)
	}
	for _, c := range b.chain("two") {
		if err := c.Verify(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// stream is a memory of two pages as QEMU writes it.
func stream(first, second byte) string {
	number := func(v uint64) string { return string(binary.BigEndian.AppendUint64(nil, v)) }
	page := func(fill byte) string { return strings.Repeat(string([]byte{fill}), 4096) }
	return "QEVM\x00\x00\x00\x03\x01\x00\x00\x00\x02\x03ram\x00\x00\x00\x00\x00\x00\x00\x04" +
		number(8192|4) + "\x01r" + number(8192) + number(16) + "\x7e\x00\x00\x00\x02\x03\x00\x00\x00\x02" +
		number(8) + "\x01r" + page(first) + number(4096|8|32) + page(second) + number(16) + "\x7e\x00\x00\x00\x02\x04 devices"
}

// TestMemory keeps what has changed in a memory, and puts it together again.
func TestMemory(t *testing.T) {
	b := newBench(t)
	l := b.boot()
	parent, chain := "", []*checkpoint.Checkpoint(nil)
	for _, c := range []struct{ name, memory string }{{"boot", stream(1, 2)}, {"one", stream(1, 3)}, {"two", stream(4, 3)}} {
		finish, err := l.Freeze(t.Context(), &stopped{memory: c.memory}, &b.spec)
		if err != nil {
			t.Fatal(err)
		}
		made, err := finish(t.Context(), b.meta(c.name, parent))
		if err != nil {
			t.Fatal(err)
		}
		if all, _ := filepath.Glob(made.Path("ram*")); len(all) != 1 {
			t.Errorf("the memory is in %q", all)
		}
		parent, chain = c.name, b.chain(c.name)
		var v taker
		if err := b.resume(chain).Load(t.Context(), &v, chain); err != nil || v.took != c.memory {
			t.Errorf("%s: took %d bytes of %d, %v", c.name, len(v.took), len(c.memory), err)
		}
	}
	var v taker
	if err := l.Load(t.Context(), &v, chain[1:]); err == nil || !strings.Contains(err.Error(), "is missing") {
		t.Errorf("without its first one: %v", err)
	}
	if err := os.Remove(chain[0].Path(memory)); err != nil {
		t.Fatal(err)
	}
	if err := l.Load(t.Context(), &v, chain); err == nil {
		t.Error("it is loaded without what it stands on")
	}
}

// TestNotFrozen has freezing fail: the machine's disks are whole all the same,
// and nothing is left when it ends.
func TestNotFrozen(t *testing.T) {
	boom := errors.New("boom")
	for _, c := range []struct {
		name    string
		machine stopped
		spoil   func(*Layers)
		want    string
		more    bool // it can be frozen later
	}{
		{name: "before the new tops", machine: stopped{err: boom, unstacked: true}, want: "boom", more: true},
		{name: "after them", machine: stopped{err: boom}, want: "boom"},
		{name: "a file of the draft's", spoil: func(l *Layers) { _ = os.Mkdir(l.draft.Path("odd"), 0o700) }, want: "odd cannot be a part"},
		{name: "no room for the memory", spoil: func(l *Layers) { _ = os.Mkdir(l.draft.Path(memory), 0o700) }, want: "compressing a machine's memory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			l := b.boot()
			b.write(&l.Tops[0], 1, 2)
			if c.spoil != nil {
				c.spoil(l)
			}
			finish, err := l.Freeze(t.Context(), &c.machine, &b.spec)
			if err == nil {
				_, err = finish(t.Context(), b.meta("boot", ""))
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v", err)
			}
			b.write(&l.Tops[0], 2, 3)
			b.disks(l, "1230000000", "0000")
			finish, err = l.Freeze(t.Context(), &stopped{memory: "later"}, &b.spec)
			if (err == nil) != c.more {
				t.Errorf("later: %v", err)
			}
			if err == nil {
				if _, err := finish(t.Context(), b.meta("boot", "")); err != nil {
					t.Error(err)
				}
			}
			b.disks(l, "1230000000", "0000")
			for _, dir := range b.drafts() {
				if ram, _ := filepath.Glob(filepath.Join(dir, "ram")); ram != nil && !c.more {
					t.Errorf("left while the machine runs: %q", ram)
				}
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			if left := b.drafts(); len(left) != 0 {
				t.Errorf("left: %q", left)
			}
		})
	}
}

// TestCloseWaits has a machine end while its checkpoint is being made.
func TestCloseWaits(t *testing.T) {
	b := newBench(t)
	l := b.boot()
	finish, err := l.Freeze(t.Context(), &stopped{memory: "x"}, &b.spec)
	if err != nil {
		t.Fatal(err)
	}
	made := make(chan error, 1)
	go func() {
		_, err := finish(t.Context(), b.meta("boot", ""))
		made <- err
	}()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := <-made; err != nil {
		t.Error(err)
	}
	b.chain("boot")
	if left := b.drafts(); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}

// TestOverlaysOfMachine is what QEMU is told of new tops.
func TestOverlaysOfMachine(t *testing.T) {
	b := newBench(t)
	l := b.boot()
	var told []string
	for _, name := range []string{"boot", "one"} {
		v := &stopped{memory: "x"}
		finish, err := l.Freeze(t.Context(), v, &b.spec)
		if err != nil {
			t.Fatal(err)
		}
		for i, o := range v.overlays {
			told = append(told, o.Node+">"+o.Top)
			if o.Open["node-name"] != o.Top || o.Open["file"].(map[string]any)["filename"] != l.Tops[i].Path {
				t.Errorf("opened as %v", o.Open)
			}
		}
		parent := ""
		if name != "boot" {
			parent = "boot"
		}
		if _, err := finish(t.Context(), b.meta(name, parent)); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(told, " "); got != "disk0>disk0-1 disk1>disk1-1 disk0-1>disk0-2 disk1-1>disk1-2" {
		t.Errorf("told %s", got)
	}
}

func TestResumeFails(t *testing.T) {
	b := newBench(t)
	c := *b.freeze(b.boot(), "boot", "")
	c.Data = []byte("junk")
	if _, _, err := Resume(t.Context(), b.store, []*checkpoint.Checkpoint{&c}, b.base); err == nil {
		t.Error("junk is resumed")
	}
	if left := b.drafts(); len(left) != 1 { // of the machine that runs
		t.Errorf("left: %q", left)
	}
}

// taker is a machine that takes a memory.
type taker struct {
	took string
	err  error
}

func (m *taker) Load(_ context.Context, memory func(io.Writer) error) error {
	var text strings.Builder
	err := memory(&text)
	m.took = text.String()
	return errors.Join(err, m.err)
}

func TestLoad(t *testing.T) {
	b := newBench(t)
	l := b.boot()
	b.freeze(l, "boot", "")
	b.freeze(l, "one", "boot")
	chain := b.chain("one")
	var v taker
	if err := l.Load(t.Context(), &v, chain); err != nil || v.took != "memory of one" {
		t.Errorf("took %q, %v", v.took, err)
	}
	v.err = errors.New("boom")
	if err := l.Load(t.Context(), &v, chain); !errors.Is(err, v.err) {
		t.Errorf("got %v", err)
	}
	for at, file := range []string{"disk1", memory} {
		path := chain[at].Path(file)
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		raw[len(raw)/2] ^= 1
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		var damage *checkpoint.DamageError
		if err := l.Load(t.Context(), &v, chain); !errors.As(err, &damage) || damage.Key != chain[at].Key || !strings.Contains(damage.Why, file) {
			t.Errorf("%s: %v", file, err)
		}
		raw[len(raw)/2] ^= 1
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
