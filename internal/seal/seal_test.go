package seal_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/seal"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

const buildKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB+baked/key ovenbird"

// machine is a baked machine's files, path to content.
func machine() map[string]string {
	return map[string]string{
		"etc/passwd":                                "root:x:0:0::/root:/bin/sh\ndebian:x:1000:1000::/home/debian:/bin/sh\nsvc:x:2:2::/srv/svc:/bin/sh\n",
		"etc/machine-id":                            "0123456789abcdef\n",
		"var/lib/dbus/machine-id":                   "0123456789abcdef\n",
		"root/.ssh/authorized_keys":                 "no-pty,command=\"echo no\" " + buildKey + "\n",
		"home/debian/.ssh/authorized_keys":          "ssh-rsa AAAAmine me\n" + buildKey + "\n",
		"srv/svc/.ssh/authorized_keys2":             buildKey + " again\n",
		"etc/ssh/keys/debian":                       buildKey + "\nssh-rsa AAAAmine me\n",
		"etc/ssh/ssh_host_ed25519_key":              "private",
		"etc/ssh/ssh_host_ed25519_key.pub":          "public",
		"etc/cloud/cloud.cfg":                       "ssh_deletekeys: true\ncloud_init_modules:\n - seed_random\n - ssh\n",
		"etc/hostname":                              "debian\n",
		"var/lib/cloud/instances/i-1/user-data.txt": "#cloud-config\n" + buildKey + "\npassword: secret",
		"var/lib/cloud/instances/i-1/obj.pkl":       "\x00\x01" + buildKey,
		"var/lib/cloud/instances/i-1/sem/x":         "done",
		"run/cloud-init/instance-data.json":         buildKey,
		"run/cloud-init/result.json":                "{}",
		"var/lib/systemd/random-seed":               "seed",
		"var/lib/systemd/credential.secret":         "secret",
		"var/lib/dhcp/dhclient.eth0.leases":         "lease",
		"var/lib/NetworkManager/internal-eth0":      "lease",
		"var/cache/apt/archives/nginx.deb":          "deb",
		"var/cache/apt/pkgcache.bin":                "bin",
		"var/lib/apt/lists/deb.debian.org_x":        "list",
		"var/lib/apt/lists/lock":                    "",
		"var/log/syslog":                            "log",
		"var/log/syslog.1":                          "log",
		"var/log/apt/history.log.1.gz":              "log",
		"var/log/journal/012/system.journal":        "log",
		"var/log/cloud-init.log":                    "log of " + buildKey,
		"root/.bash_history":                        "history",
		"srv/svc/.python_history":                   "history",
		"tmp/.hidden":                               "tmp",
		"tmp/dir/script.sh":                         "tmp",
		"var/tmp/big":                               "tmp " + buildKey,
	}
}

// fake programs stand before the real ones, which would act on this machine.
func install(t *testing.T, s *sshtest.Server, files map[string]string) {
	t.Helper()
	bin := t.TempDir()
	for _, name := range []string{"systemctl", "journalctl", "pkill", "userdel", "deluser", "fstrim", "sync", "sudo"} {
		script := "#!/bin/sh\necho " + name + " \"$@\" >>\"$OVENBIRD_ROOT/../calls\"\n"
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o700); err != nil { //nolint:gosec // it is run
			t.Fatal(err)
		}
	}
	s.Root = filepath.Join(s.Root, "root")
	s.Env = append(s.Env, "PATH="+bin+":"+os.Getenv("PATH"))
	for name, text := range files {
		full := filepath.Join(s.Root, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil { //nolint:gosec // as in a machine
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// changes tells what became of files: "-path" is gone, "path: text" differs.
func changes(t *testing.T, root string, files map[string]string) []string {
	t.Helper()
	var all []string
	for name, before := range files {
		after, err := os.ReadFile(filepath.Join(root, name))
		switch {
		case err != nil:
			all = append(all, "-"+name)
		case string(after) != before:
			all = append(all, name+": "+string(after))
		}
	}
	slices.Sort(all)
	return all
}

func TestSeal(t *testing.T) {
	keys := []string{
		"-root/.ssh/authorized_keys", "-run/cloud-init/instance-data.json", "-srv/svc/.ssh/authorized_keys2",
		"-var/lib/cloud/instances/i-1/obj.pkl", "-var/lib/cloud/instances/i-1/user-data.txt", "-var/log/cloud-init.log", "-var/tmp/big",
		"etc/ssh/keys/debian: ssh-rsa AAAAmine me\n", "home/debian/.ssh/authorized_keys: ssh-rsa AAAAmine me\n",
	}
	hostKeys := []string{"-etc/ssh/ssh_host_ed25519_key", "-etc/ssh/ssh_host_ed25519_key.pub"}
	tests := map[string]struct {
		only string // the one part not kept
		set  map[string]string
		want []string
	}{
		"ssh_keys": {only: "ssh_keys", want: keys},
		"cloud_init": {only: "cloud_init", want: []string{
			"-run/cloud-init/instance-data.json", "-var/lib/cloud/instances/i-1/obj.pkl", "-var/lib/cloud/instances/i-1/sem/x",
			"-var/lib/cloud/instances/i-1/user-data.txt", "-var/log/cloud-init.log",
		}},
		"machine_id":  {only: "machine_id", want: []string{"-var/lib/dbus/machine-id", "etc/machine-id: "}},
		"random_seed": {only: "random_seed", want: []string{"-var/lib/systemd/credential.secret", "-var/lib/systemd/random-seed"}},
		"dhcp":        {only: "dhcp", want: []string{"-var/lib/NetworkManager/internal-eth0", "-var/lib/dhcp/dhclient.eth0.leases"}},
		"package_cache": {only: "package_cache", want: []string{
			"-var/cache/apt/archives/nginx.deb", "-var/cache/apt/pkgcache.bin", "-var/lib/apt/lists/deb.debian.org_x",
		}},
		"logs": {only: "logs", want: []string{
			"-var/log/apt/history.log.1.gz", "-var/log/journal/012/system.journal", "-var/log/syslog.1", "var/log/cloud-init.log: ", "var/log/syslog: ",
		}},
		"history":   {only: "history", want: []string{"-root/.bash_history", "-srv/svc/.python_history"}},
		"tmp":       {only: "tmp", want: []string{"-tmp/.hidden", "-tmp/dir/script.sh", "-var/tmp/big"}},
		"trim":      {only: "trim"},
		"host_keys": {only: "host_keys", want: hostKeys},
		"host_keys, made by a unit": {
			only: "host_keys", want: hostKeys,
			set: map[string]string{"etc/cloud/cloud.cfg": "", "usr/lib/systemd/system/sshd-keygen@.service": ""},
		},
		"host_keys, no ssh module":     {only: "host_keys", set: map[string]string{"etc/cloud/cloud.cfg": "cloud_init_modules:\n - seed_random\n"}},
		"host_keys, not to be deleted": {only: "host_keys", set: map[string]string{"etc/cloud/cloud.cfg.d/9.cfg": "ssh_deletekeys: false\n"}},
		"host_keys, cloud-init is off": {only: "host_keys", set: map[string]string{"etc/cloud/cloud-init.disabled": ""}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sshtest.Start(t)
			files := machine()
			for k, v := range test.set {
				files[k] = v
			}
			install(t, s, files)
			var keep []string
			for _, p := range seal.Parts() {
				if p[0] != test.only {
					keep = append(keep, p[0])
				}
			}
			o := seal.Options{Keep: keep, BuildKey: buildKey, BuildUser: "debian"}
			if err := seal.Guest(t.Context(), s.Connect(t), o, &ui.UI{}); err != nil {
				t.Fatal(err)
			}
			if got := changes(t, s.Root, files); !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
			calls, _ := os.ReadFile(s.Root + "/../calls")
			if got, want := strings.Contains(string(calls), "fstrim -av"), test.only == "trim"; got != want {
				t.Errorf("fstrim ran: %t", got)
			}
		})
	}
}

func TestSealAll(t *testing.T) {
	s := sshtest.Start(t)
	files := machine()
	install(t, s, files)
	o := seal.Options{BuildKey: buildKey}
	if err := seal.Guest(t.Context(), s.Connect(t), o, &ui.UI{}); err != nil {
		t.Fatal(err)
	}
	secret := strings.Fields(buildKey)[1]
	err := filepath.WalkDir(s.Root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(p)
		if strings.Contains(string(text), secret) {
			t.Errorf("%s has the key", p)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	for _, name := range []string{"etc/hostname", "etc/passwd", "etc/cloud/cloud.cfg"} {
		if text, err := os.ReadFile(filepath.Join(s.Root, name)); err != nil || string(text) != files[name] {
			t.Errorf("%s changed: %v", name, err)
		}
	}
	if s.Sessions() != 1 {
		t.Errorf("%d round trips", s.Sessions())
	}
}

// TestSealOverwrites reads the blocks of files that are gone, through
// descriptors opened before.
func TestSealOverwrites(t *testing.T) {
	s := sshtest.Start(t)
	install(t, s, machine())
	for _, name := range []string{"root/.ssh/authorized_keys", "var/lib/cloud/instances/i-1/user-data.txt", "var/tmp/big"} {
		f, err := os.Open(filepath.Join(s.Root, name))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		defer func() {
			text := make([]byte, 4096)
			n, _ := f.ReadAt(text, 0)
			if n == 0 || strings.Trim(string(text[:n]), "\x00") != "" {
				t.Errorf("%s: %d bytes left: %.60q", name, n, text[:n])
			}
		}()
	}
	if err := seal.Guest(t.Context(), s.Connect(t), seal.Options{BuildKey: buildKey}, &ui.UI{}); err != nil {
		t.Fatal(err)
	}
}

func TestCheckKeep(t *testing.T) {
	if err := seal.CheckKeep("keep", []string{"logs", "trim"}); err != nil {
		t.Error(err)
	}
	err := seal.CheckKeep("keep", []string{"logs", "nope"})
	if err == nil || !strings.Contains(err.Error(), `keep: "nope" is unknown; use any of ssh_keys, `) {
		t.Errorf("got %v", err)
	}
}

// TestSealFails has files that cannot be changed: none is lost, and sealing
// says which one still has the key.
func TestSealFails(t *testing.T) {
	for name, c := range map[string]struct{ program, script, want string }{
		"no room":       {"grep", `case $1 in -vF) exit 2 ;; esac; exec /bin/grep "$@"`, "there is no room in "},
		"a locked file": {"shred", `exit 1`, "the bake's key cannot be removed from "},
	} {
		t.Run(name, func(t *testing.T) {
			s := sshtest.Start(t)
			files := machine()
			install(t, s, files)
			bin := t.TempDir()
			programs := map[string]string{c.program: c.script}
			if c.program == "shred" { // nothing that writes into a file does
				programs["dd"], programs["cat"], programs["rm"] = "exit 1", "exit 1", "exit 1"
			}
			for name, script := range programs {
				if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil { //nolint:gosec // it is run
					t.Fatal(err)
				}
			}
			last := len(s.Env) - 1
			s.Env[last] = "PATH=" + bin + ":" + strings.TrimPrefix(s.Env[last], "PATH=")
			err := seal.Guest(t.Context(), s.Connect(t), seal.Options{BuildKey: buildKey}, &ui.UI{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
			if got, err := os.ReadFile(filepath.Join(s.Root, "home/debian/.ssh/authorized_keys")); c.program == "grep" && (err != nil || string(got) != files["home/debian/.ssh/authorized_keys"]) {
				t.Errorf("left of a file: %q, %v", got, err)
			}
		})
	}
}
