package memory

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/sealed"
	"github.com/ovenbird-io/ovenbird/templates"
)

// remembered is a memory of boot, one and two.
func remembered(store *checkpoint.Store) *Memory {
	m := &Memory{Store: store}
	for _, title := range []string{"boot", "one", "two"} {
		m.Steps = append(m.Steps, Remembered{Title: title, Key: sealed.Sum([]byte(title)), MaxAge: time.Hour})
	}
	m.Steps[0].MaxAge = 0
	return m
}

// keep puts a machine after a step into the store, that began so long ago.
func keep(t *testing.T, m *Memory, at int, ago, took time.Duration) *checkpoint.Checkpoint {
	t.Helper()
	d, err := m.Store.Draft()
	if err == nil {
		err = os.WriteFile(d.Path("ram"), []byte("ram"), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	meta := checkpoint.Meta{Key: m.Steps[at].Key, Title: m.Steps[at].Title, Made: time.Now().Add(took - ago), Took: took}
	if at > 0 {
		meta.Parent = m.Steps[at-1].Key
	}
	c, release, err := d.Publish(t.Context(), meta)
	if err != nil {
		t.Fatal(err)
	}
	release()
	return c
}

func TestFind(t *testing.T) {
	const min = time.Minute
	for _, c := range []struct {
		name    string
		began   []time.Duration // how long ago, from the boot on
		took    time.Duration
		change  func(*Memory)
		want    int
		deepest int
	}{
		{"none", nil, 0, nil, -1, -1},
		{"only the boot", []time.Duration{min}, 0, nil, 0, 0},
		{"all", []time.Duration{3 * min, 2 * min, min}, 0, nil, 2, 2},
		{"an old boot", []time.Duration{99 * time.Hour, 2 * min, min}, 0, nil, 2, 2},
		{"an old boot that ages", []time.Duration{99 * time.Hour, 2 * min, min}, 0, func(m *Memory) { m.Steps[0].MaxAge = time.Hour }, -1, 2},
		{"an old last step", []time.Duration{min, min, 61 * min}, 0, nil, 1, 2},
		{"an old step before a new one", []time.Duration{min, 61 * min, min}, 0, nil, 0, 2},
		{"a step that took long counts from when it began", []time.Duration{200 * min, 100 * min}, 90 * min, nil, 0, 1},
		{"a step without an age", []time.Duration{min, 999 * time.Hour, min}, 0, func(m *Memory) { m.Steps[1].MaxAge = 0 }, 2, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := remembered(openStore(t))
			for at, ago := range c.began {
				keep(t, m, at, ago, c.took)
			}
			if c.change != nil {
				c.change(m)
			}
			tell := func(err error) { t.Error(err) }
			chain, at, err := m.Find(tell)
			if err != nil || at != c.want || len(chain) != c.want+1 {
				t.Errorf("found %d of %d, %v, want %d", at, len(chain), err, c.want)
			}
			if _, at, err := m.Deepest(tell); err != nil || at != c.deepest {
				t.Errorf("the deepest is %d, %v, want %d", at, err, c.deepest)
			}
			for step := range 3 {
				if m.Later(step) != (c.deepest >= step) {
					t.Errorf("after %d there is one: %t", step, m.Later(step))
				}
			}
		})
	}
}

func TestFindTellsDamageOnce(t *testing.T) {
	m := remembered(openStore(t))
	for at := range 3 {
		keep(t, m, at, time.Minute, 0)
	}
	c, err := m.Store.Find(m.Steps[1].Key)
	if err == nil {
		err = os.Truncate(c.Path("ram"), 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	_, at, err := m.Find(func(err error) {
		var damage *checkpoint.DamageError
		if told++; !errors.As(err, &damage) {
			t.Error(err)
		}
	})
	if err != nil || at != 0 || told != 1 {
		t.Errorf("found %d, told %d times, %v", at, told, err)
	}
}

func TestAge(t *testing.T) {
	for ago, want := range map[time.Duration]string{
		5 * time.Second: "5 s", 59 * time.Minute: "59 min", 47 * time.Hour: "47 h", 49 * time.Hour: "2 days",
	} {
		if got := Age(time.Now().Add(-ago)); got != want {
			t.Errorf("%s ago is %s, want %s", ago, got, want)
		}
	}
	began := time.Now().Add(-14 * time.Hour)
	for age, want := range map[time.Duration]string{
		12 * time.Hour: "too old: 14 h, of at most 12h", 90 * time.Minute: "too old: 14 h, of at most 1h30m", refreshed: "to be done again (-refresh)",
	} {
		if got := (Remembered{MaxAge: age}).Old(began); got != want {
			t.Errorf("%s: %s, want %s", age, got, want)
		}
	}
}

func TestMatch(t *testing.T) {
	b := &templates.Build{ID: "qemu.a", Provisioners: []*templates.Step{
		{Type: "shell", Name: "update"}, {Type: "file"}, {Type: "shell"}, {Type: "shell", Name: "file"},
	}}
	for word, want := range map[string]int{"boot": 0, "1": 1, "update": 1, "4": 4, "file": 4, "5": -1, "": -1, "0": -1} {
		got := Match(b, word)
		if want < 0 && got == nil {
			continue
		}
		if len(got) != 1 || got[0] != want {
			t.Errorf("%q means %v, want %d", word, got, want)
		}
	}
	if got := Match(b, "shell"); len(got) != 3 {
		t.Errorf("shell means %v", got)
	}
	if err := Check([]*templates.Build{b}, "boot", "update"); err != nil {
		t.Error(err)
	}
	const want = `there is no step "x": qemu.a has boot, 1 (provisioner "shell" (update)), 2 (provisioner "file"), 3 (provisioner "shell"), 4 (provisioner "shell" (file))`
	if err := Check([]*templates.Build{b}, "boot", "x"); err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}
