package cleaning

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/seal"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// TestClean looks which of two traces stay: a history, and the build's key.
func TestClean(t *testing.T) {
	yes, no := true, false
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJZ0jhZcjKd0y0Ht7kXb2dHYBzl0c2bYF0Y8bq1c3hXc build"
	for _, c := range []struct {
		name               string
		o                  Options
		onlyKey            bool
		history, keyRemain bool
	}{
		{"by default", Options{}, false, false, false},
		{"written", Options{SealImage: &yes}, false, false, false},
		{"not at all", Options{SealImage: &no}, false, true, true},
		{"only the key", Options{SealImage: &no}, true, true, false},
		{"but the history", Options{Seal: &Seal{Keep: []string{"history", "trim"}}}, false, true, false},
	} {
		s := sshtest.Start(t)
		for name, text := range map[string]string{
			"etc/passwd": "root:x:0:0::/root:/bin/sh\n", "root/.bash_history": "ls\n", "root/.ssh/authorized_keys": key + "\n",
		} {
			path := filepath.Join(s.Root, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if c.o.Seal == nil && (c.o.SealImage == nil || *c.o.SealImage) {
			c.o.Seal = &Seal{Keep: []string{"trim"}} // of this machine
		}
		if err := c.o.Clean(t.Context(), s.Connect(t), seal.Options{BuildKey: key}, c.onlyKey, &ui.UI{}); err != nil {
			t.Fatal(err)
		}
		_, historyErr := os.Stat(filepath.Join(s.Root, "root/.bash_history"))
		keys, _ := os.ReadFile(filepath.Join(s.Root, "root/.ssh/authorized_keys")) // gone is as good as empty
		if (historyErr == nil) != c.history || (len(keys) > 0) != c.keyRemain {
			t.Errorf("%s: history %v, keys %q", c.name, historyErr, keys)
		}
	}
}

func TestValidate(t *testing.T) {
	yes := true
	for name, c := range map[string]struct {
		o   Options
		bad bool
	}{
		"nothing":  {Options{}, false},
		"a part":   {Options{Seal: &Seal{Keep: []string{"logs"}}}, false},
		"no part":  {Options{Seal: &Seal{Keep: []string{"x"}}}, true},
		"seal and": {Options{Seal: &Seal{}, SealImage: &yes}, true},
	} {
		if err := c.o.Validate(); (err != nil) != c.bad {
			t.Errorf("%s: %v", name, err)
		}
	}
}
