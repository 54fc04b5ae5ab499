package winrun_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/script"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/internal/winrun"
)

func TestRun(t *testing.T) {
	g := sshtest.Start(t).Connect(t)
	tests := map[string]struct {
		line  string
		codes []int
		want  string
	}{
		"well":           {"echo hello", nil, ""},
		"badly":          {"exit 3", nil, "exit status 3"},
		"accepted":       {"exit 3", []int{0, 3}, ""},
		"zero is not":    {"true", []int{3}, "exit status 0; valid_exit_codes are [3]"},
		"never a signal": {"kill -9 $$", []int{0}, "killed by signal KILL; valid_exit_codes are [0]"},
	}
	for name, test := range tests {
		var said bytes.Buffer
		err := winrun.Run(t.Context(), g, ui.New(ui.Options{Stderr: &said}).For("b"), test.line, &script.Options{ValidExitCodes: test.codes})
		if test.want == "" && err != nil || test.want != "" && (err == nil || err.Error() != test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
		if name == "well" && !strings.Contains(said.String(), "hello") {
			t.Errorf("said %q", said.String())
		}
	}
}

func TestUpload(t *testing.T) {
	s := sshtest.Start(t)
	g := s.Connect(t)
	tests := map[string]struct {
		text   string
		binary bool
		drop   bool
		want   string
	}{
		"text":           {"a\nb\r\n", false, false, "a\r\nb\r\n"},
		"binary":         {"a\nb\r\n", true, false, "a\nb\r\n"},
		"after a reboot": {"a\n", false, true, "a\r\n"},
	}
	for name, test := range tests {
		path := filepath.Join(t.TempDir(), "f")
		if test.drop {
			s.Drop()
		}
		if err := winrun.Upload(t.Context(), g, path, []byte(test.text), test.binary, time.Minute); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got, _ := os.ReadFile(path); string(got) != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
	err := winrun.Upload(t.Context(), g, "/none/f", nil, true, time.Minute)
	if err == nil || !strings.Contains(err.Error(), "ssh_file_transfer_method") {
		t.Errorf("into nowhere: %v", err)
	}
}

func TestCheck(t *testing.T) {
	g := struct{ guest.Guest }{}
	if winrun.Check(nil, "") == nil || winrun.Check(g, "winrm") == nil || winrun.Check(g, "ssh") != nil {
		t.Error("wrong guests pass, or right ones do not")
	}
}

func TestProblems(t *testing.T) {
	o := script.Options{Inline: []string{"x"}, ValidExitCodes: []int{0, 3010, 2300218}}
	if got := winrun.Problems(o); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	o.ValidExitCodes, o.Inline = []int{-1}, nil
	if got := winrun.Problems(o); len(got) != 2 {
		t.Errorf("got %v", got)
	}
}

func TestPause(t *testing.T) {
	why := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if err := winrun.Pause(ctx, time.Hour); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	if err := winrun.Pause(t.Context(), time.Millisecond); err != nil {
		t.Error(err)
	}
}

func TestQuote(t *testing.T) {
	if got := winrun.Quote("it's"); got != "'it''s'" {
		t.Errorf("got %s", got)
	}
}
