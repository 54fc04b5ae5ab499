package cache

import (
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
)

func TestAge(t *testing.T) {
	now := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	for ago, want := range map[time.Duration]string{
		0: "now", -time.Hour: "now", 59 * time.Second: "now", time.Minute: "1m ago", 90 * time.Minute: "1h ago",
		47 * time.Hour: "47h ago", 48 * time.Hour: "2d ago", 1000 * time.Hour: "41d ago",
	} {
		if got := Age(now, now.Add(-ago)); got != want {
			t.Errorf("%v: %s, want %s", ago, got, want)
		}
	}
	if got := Age(now, time.Time{}); got != "-" {
		t.Errorf("never: %s", got)
	}
}

func TestLine(t *testing.T) {
	now := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	boot := checkpoint.Info{
		Key: strings.Repeat("ab", 32), Title: "boot", Build: "qemu.web", Template: "web.pkr.hcl",
		Made: now.Add(-3 * time.Hour), Used: now.Add(-5 * time.Minute), Size: 230 << 20,
	}
	used, broken := boot, checkpoint.Info{Key: boot.Key, Size: 4096, Damage: "meta.json: no such file or directory"}
	used.InUse, used.Title = true, `provisioner "shell"`
	for _, c := range []struct {
		info checkpoint.Info
		want string
	}{
		{boot, "abababababab  230.0 MiB   3h ago   5m ago  qemu.web after boot, of web.pkr.hcl"},
		{used, `abababababab  230.0 MiB   3h ago   5m ago  qemu.web after provisioner "shell", of web.pkr.hcl; in use`},
		{broken, "abababababab    4.0 KiB        -        -  unknown; damaged: meta.json: no such file or directory"},
	} {
		if got := Line(c.info, now); got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
	}
	if got, want := Heading(), "KEY             ON DISK     MADE     USED  MACHINE"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for want, all := range map[string][]checkpoint.Info{"0 machines, 0 B": nil, "1 machine, 4.0 KiB": {broken}, "2 machines, 460.0 MiB": {boot, used}} {
		if got := Total(all); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPick(t *testing.T) {
	all := []checkpoint.Info{{Key: "aa11"}, {Key: "aa22"}, {Key: "bb33"}}
	for start, want := range map[string]string{"aa1": "aa11", "B": "bb33", "aa22": "aa22", "aa": "", "c": "", "": "", "aa222": ""} {
		if got, err := Pick(all, start); got.Key != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", start, got.Key, err)
		}
	}
}

func TestSort(t *testing.T) {
	at := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	all := []checkpoint.Info{
		{Key: "1", Template: "b"}, {Key: "2", Template: "a", Build: "y"}, {Key: "3", Template: "a", Build: "x", Made: at}, {Key: "4", Template: "a", Build: "x"},
	}
	Sort(all)
	order := ""
	for _, i := range all {
		order += i.Key
	}
	if order != "4321" {
		t.Errorf("got %s", order)
	}
}

func TestEvent(t *testing.T) {
	i := checkpoint.Info{Key: "k", Parent: "p", Title: "t", Build: "b", Template: "m", Made: time.Unix(1, 0), Used: time.Unix(2, 0), Size: 3, InUse: true, Damage: "d"}
	e := Event(i)
	if e.Key != "k" || e.Parent != "p" || e.Title != "t" || e.Build != "b" || e.Template != "m" || e.Made != i.Made || e.Used != i.Used || e.Size != 3 || !e.InUse || e.Damage != "d" {
		t.Errorf("got %+v", e)
	}
}
