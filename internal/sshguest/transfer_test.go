package sshguest_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
)

func TestLostUpload(t *testing.T) {
	s := sshtest.Start(t)
	c := s.Connect(t)
	name := filepath.Join(s.Root, "file")
	s.DropAfter(100_000)
	err := c.Upload(t.Context(), name, 0o644, bytes.NewReader(make([]byte, 1<<20)))
	if !errors.Is(err, guest.ErrLost) {
		t.Errorf("got %v, want ErrLost", err)
	}
	if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("half a file is there: %v", err)
	}
}

func TestTransfer(t *testing.T) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<18)
	for _, method := range []string{"scp", "sftp"} {
		t.Run(method, func(t *testing.T) {
			s := sshtest.Start(t)
			tt := s.Target()
			tt.SFTP = method == "sftp"
			c := sshtest.Dial(t, tt)
			for _, name := range []string{"plain", "with space", "it's", "$(touch x)", "-dash"} {
				full := filepath.Join(s.Root, name)
				if err := c.Upload(t.Context(), full, 0o640, bytes.NewReader(big)); err != nil {
					t.Fatal(err)
				}
				info, err := os.Stat(full)
				if err != nil || info.Mode() != 0o640 || info.Size() != int64(len(big)) {
					t.Errorf("%s: %v, %v", name, info, err)
				}
				var back bytes.Buffer
				if err := c.Download(t.Context(), full, &back); err != nil || !bytes.Equal(back.Bytes(), big) {
					t.Errorf("%s: %d bytes came back: %v", name, back.Len(), err)
				}
			}
			if err := c.Download(t.Context(), s.Root+"/missing", io.Discard); err == nil || !strings.Contains(err.Error(), "missing") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestUploadFails(t *testing.T) {
	s := sshtest.Start(t)
	c := s.Connect(t)
	if err := os.WriteFile(s.Root+"/old", []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := io.MultiReader(strings.NewReader("half"), iotestErr{errors.New("disk is gone")})
	tests := map[string]struct {
		name string
		r    io.Reader
		want string
	}{
		"no directory":  {"/nowhere/file", strings.NewReader("x"), "uploading to /nowhere/file: "},
		"directory":     {s.Root, strings.NewReader("x"), "is a directory: exit status 1"},
		"broken source": {s.Root + "/old", broken, "reading what to send: disk is gone"},
	}
	for name, test := range tests {
		if err := c.Upload(t.Context(), test.name, 0o600, test.r); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
	if text, err := os.ReadFile(s.Root + "/old"); err != nil || string(text) != "old" {
		t.Errorf("the old file became %q: %v", text, err)
	}
}

type iotestErr struct{ err error }

func (e iotestErr) Read([]byte) (int, error) { return 0, e.err }
