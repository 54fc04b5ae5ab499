package guest_test

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
)

func TestManySmallFiles(t *testing.T) {
	local := t.TempDir()
	for i := range 2000 {
		if err := os.WriteFile(fmt.Sprintf("%s/%04d", local, i), []byte("small"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := sshtest.Start(t)
	c := s.Connect(t)
	var sent bytes.Buffer
	start := time.Now()
	if err := guest.UploadTrees(t.Context(), c, []guest.Source{{Local: local}}, s.Root+"/to", guest.TreeOptions{Progress: &sent}); err != nil {
		t.Fatal(err)
	}
	t.Logf("2000 files took %s", time.Since(start))
	if all, err := os.ReadDir(s.Root + "/to"); err != nil || len(all) != 2000 {
		t.Errorf("%d files arrived: %v", len(all), err)
	}
	if s.Sessions() != 1 || sent.Len() < 2000*1024 {
		t.Errorf("%d round trips, %d bytes counted", s.Sessions(), sent.Len())
	}
}

func TestUploadTreeFails(t *testing.T) {
	s := sshtest.Start(t)
	c := s.Connect(t)
	if err := os.WriteFile(s.Root+"/file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		local, remote string
		o             guest.TreeOptions
		want          string
	}{
		"no local directory": {local: s.Root + "/none", remote: s.Root + "/d", want: "packing for "},
		"a file in the way":  {local: s.Root, remote: s.Root + "/file", want: "uploading to "},
		"no such owner":      {local: s.Root, remote: s.Root + "/d", o: guest.TreeOptions{Owner: "nobody-here"}, want: "no such user"},
		"no such group":      {local: s.Root, remote: s.Root + "/d", o: guest.TreeOptions{Group: "nobody-here"}, want: "no such group"},
		"no such become":     {local: s.Root, remote: s.Root + "/d", o: guest.TreeOptions{Become: guest.Become{User: "nobody-here"}}, want: "nobody-here"},
	}
	for name, test := range tests {
		err := guest.UploadTrees(t.Context(), c, []guest.Source{{Local: test.local}}, test.remote, test.o)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

// hostile is a guest that answers every command with a tar archive.
type hostile struct{ archive []byte }

func (h hostile) Run(_ context.Context, c guest.Command) error {
	_, err := c.Stdout.Write(h.archive)
	return err
}
func (hostile) Upload(context.Context, string, fs.FileMode, io.Reader) error { return nil }
func (hostile) Download(context.Context, string, io.Writer) error            { return nil }

func TestDownloadTreeStaysInside(t *testing.T) {
	tests := map[string][]tar.Header{
		"dots":          {{Name: "../out", Typeflag: tar.TypeReg, Size: 1}},
		"absolute":      {{Name: "/out", Typeflag: tar.TypeReg, Size: 1}},
		"through links": {{Name: "l", Linkname: "..", Typeflag: tar.TypeSymlink}, {Name: "l/out", Typeflag: tar.TypeReg, Size: 1}},
		"hard link":     {{Name: "l", Linkname: "../secret", Typeflag: tar.TypeLink}},
	}
	for name, headers := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(dir+"/secret", []byte("s"), 0o600); err != nil {
				t.Fatal(err)
			}
			var archive bytes.Buffer
			w := tar.NewWriter(&archive)
			for _, h := range headers {
				if err := w.WriteHeader(&h); err != nil {
					t.Fatal(err)
				}
				if h.Size > 0 {
					if _, err := w.Write([]byte("x")); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			err := guest.DownloadTree(t.Context(), hostile{archive.Bytes()}, "/tree/", filepath.Join(dir, "in"), guest.Become{})
			if err == nil {
				t.Error("no error")
			}
			if _, err := os.Stat(dir + "/out"); err == nil {
				t.Error("a file landed outside")
			}
		})
	}
}
