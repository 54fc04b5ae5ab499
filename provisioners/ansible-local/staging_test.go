package ansiblelocal

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

func TestPlace(t *testing.T) {
	for name, c := range map[string]struct {
		set      AnsibleLocal
		playbook string
		want     string
		copied   bool
	}{
		"no tree":             {AnsibleLocal{PlaybookFiles: []string{"plays/a.yml"}}, "plays/a.yml", "a.yml", true},
		"in the tree":         {AnsibleLocal{PlaybookDir: "tree/", PlaybookFiles: []string{"tree/plays/a.yml"}}, "tree/plays/a.yml", "plays/a.yml", false},
		"written otherwise":   {AnsibleLocal{PlaybookDir: "./tree", PlaybookFiles: []string{"tree/../tree/a.yml"}}, "tree/../tree/a.yml", "a.yml", false},
		"beside the tree":     {AnsibleLocal{PlaybookDir: "tree", PlaybookFiles: []string{"tree-2/a.yml"}}, "tree-2/a.yml", "a.yml", true},
		"above the tree":      {AnsibleLocal{PlaybookDir: "tree/sub", PlaybookFiles: []string{"tree/a.yml"}}, "tree/a.yml", "a.yml", true},
		"the one of its own":  {AnsibleLocal{PlaybookDir: "tree", PlaybookFile: "tree/a.yml"}, "tree/a.yml", "a.yml", true},
		"absolute, in a tree": {AnsibleLocal{PlaybookDir: "/tree", PlaybookFiles: []string{"/tree/x/a.yml"}}, "/tree/x/a.yml", "x/a.yml", false},
	} {
		if got, copied := c.set.place(c.playbook); got != c.want || copied != c.copied {
			t.Errorf("%s: %s, copied %t; want %s, %t", name, got, copied, c.want, c.copied)
		}
	}
}

// TestInTurn runs several playbooks up to the first that fails, and cleans up
// also after an interrupt.
func TestInTurn(t *testing.T) {
	why := errors.New("interrupted")
	for name, c := range map[string]struct {
		books []string
		err   string
		want  []string // playbooks that were started
	}{
		"all are well":     {books: []string{"a.yml", "it's b.yml"}, want: []string{"a.yml", "it's b.yml"}},
		"one fails":        {books: []string{"a.yml", "bad.yml", "it's b.yml"}, err: "bad.yml: exit status 1", want: []string{"a.yml", "bad.yml"}},
		"an interrupt":     {books: []string{"hang.yml", "a.yml"}, err: "interrupted", want: []string{"hang.yml"}},
		"one is not there": {books: []string{"gone.yml"}, err: "gone.yml"},
	} {
		t.Run(name, func(t *testing.T) {
			s, bin := sshtest.Start(t), t.TempDir()
			s.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH")}
			t.Chdir(t.TempDir())
			write(t, bin+"/ansible-playbook", strings.Replace(fake, "! grep", "case $1 in *hang*) echo >"+s.Root+"/hangs; sleep 60 ;; esac\n! grep", 1))
			for name, text := range map[string]string{"a.yml": "ok\n", "bad.yml": "fail\n", "it's b.yml": "ok\n", "hang.yml": "ok\n"} {
				write(t, name, text)
			}
			if err := syscall.Mkfifo(s.Root+"/hangs", 0o600); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			go func() {
				_, _ = os.ReadFile(s.Root + "/hangs") // its end is the event
				cancel(why)
			}()
			yes := true
			a, _ := New(provisioners.Env{}).(*AnsibleLocal)
			a.PlaybookFiles, a.StagingDirectory, a.CleanStagingDirectory = c.books, s.Root+"/a stage", &yes
			var said bytes.Buffer
			err := a.Provision(ctx, s.Connect(t), ui.New(ui.Options{Stdout: &said, Stderr: &said}).For("b"))
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("got %v, want %q", err, c.err)
			}
			var started []string
			for line := range strings.Lines(said.String()) {
				if _, args, ok := strings.Cut(line, "args: "); ok {
					book, _, _ := strings.Cut(args, " --extra-vars")
					started = append(started, filepath.Base(book))
				}
			}
			if got, want := strings.Join(started, "|"), strings.Join(c.want, "|"); got != want {
				t.Errorf("started %s, want %s", got, want)
			}
			if _, err := os.Stat(s.Root + "/a stage"); err == nil {
				t.Error("the staging directory is left")
			}
		})
	}
}
