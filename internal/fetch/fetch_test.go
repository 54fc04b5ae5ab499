package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// server serves one image and keeps the Range headers it was asked with.
type server struct {
	*httptest.Server
	image  []byte
	ranges []string
	mu     sync.Mutex
	etag   string
}

func serve(t *testing.T, image []byte) *server {
	t.Helper()
	s := &server{image: image}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.ranges = append(s.ranges, r.Header.Get("Range"))
		if s.etag != "" {
			w.Header().Set("ETag", s.etag)
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.image))
	}))
	t.Cleanup(s.Close)
	return s
}

func image() []byte { return bytes.Repeat([]byte("ovenbird"), 100_000) }

func digest(b []byte) string { return fmt.Sprintf("%x", sha256.Sum256(b)) }

// names lists a folder.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func expect(t *testing.T, name string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(name)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%s has %d bytes, want %d (error: %v)", name, len(got), len(want), err)
	}
}

func TestDownloadOnce(t *testing.T) {
	s := serve(t, image())
	o := Options{URLs: []string{s.URL + "/disk.qcow2"}, Checksum: digest(s.image), Dir: filepath.Join(t.TempDir(), "new", "cache")}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			name, err := File(t.Context(), o)
			if err != nil || filepath.Base(name) != "sha256-"+digest(s.image) {
				t.Errorf("got %s, error %v", name, err)
			}
		})
	}
	all.Wait()
	if len(s.ranges) != 1 {
		t.Errorf("%d requests", len(s.ranges))
	}
	expect(t, filepath.Join(o.Dir, "sha256-"+digest(s.image)), s.image)
	if got := names(t, o.Dir); len(got) != 2 {
		t.Errorf("the cache has %v", got)
	}
}

func TestDownloadResumes(t *testing.T) {
	img := image()
	half := len(img) / 2
	for name, c := range map[string]struct {
		part []byte
		want []string // Range headers
	}{
		"half":          {img[:half], []string{fmt.Sprintf("bytes=%d-", half)}},
		"all of it":     {img, []string{fmt.Sprintf("bytes=%d-", len(img))}},
		"nothing":       {nil, []string{""}},
		"another file":  {bytes.Repeat([]byte("x"), half), []string{fmt.Sprintf("bytes=%d-", half), ""}},
		"a longer file": {append(slices.Clone(img), "more"...), []string{fmt.Sprintf("bytes=%d-", len(img)+4), ""}},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, img)
			dir := t.TempDir()
			final := filepath.Join(dir, "sha256-"+digest(img))
			if err := os.WriteFile(final+".part", c.part, 0o644); err != nil {
				t.Fatal(err)
			}
			got, err := File(t.Context(), Options{URLs: []string{s.URL}, Checksum: digest(img), Dir: dir})
			if err != nil || got != final {
				t.Fatalf("got %s, error %v", got, err)
			}
			expect(t, final, img)
			if !slices.Equal(s.ranges, c.want) {
				t.Errorf("asked for %q, want %q", s.ranges, c.want)
			}
		})
	}
}

func TestDownloadSurvivesBrokenConnections(t *testing.T) {
	img := image()
	var requests atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) == 1 {
			w.Header().Set("Content-Length", fmt.Sprint(len(img)))
			w.Write(img[:len(img)/3])
			panic(http.ErrAbortHandler)
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(img))
	}))
	t.Cleanup(s.Close)
	got, err := File(t.Context(), Options{URLs: []string{s.URL}, Checksum: digest(img), Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, got, img)
	if requests.Load() != 2 {
		t.Errorf("%d requests", requests.Load())
	}
}

func TestMirrors(t *testing.T) {
	good, other := serve(t, image()), serve(t, []byte("something else"))
	gone := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(gone.Close)
	dir := t.TempDir()
	for _, first := range []string{other.URL, gone.URL, "http://127.0.0.1:1/x", "s3::x://y", filepath.Join(dir, "none")} {
		cache := filepath.Join(t.TempDir(), "cache")
		got, err := File(t.Context(), Options{URLs: []string{first, good.URL}, Checksum: digest(good.image), Dir: cache})
		if err != nil {
			t.Fatalf("%s first: %s", first, err)
		}
		expect(t, got, good.image)
	}
	_, err := File(t.Context(), Options{URLs: []string{gone.URL, other.URL}, Checksum: digest(good.image), Dir: dir})
	for _, want := range []string{gone.URL, "404", other.URL, digest(good.image), digest(other.image)} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in the error: %v", want, err)
		}
	}
	if mismatch := (*MismatchError)(nil); !errors.As(err, &mismatch) || mismatch.Got.Hex != digest(other.image) {
		t.Errorf("no MismatchError: %v", err)
	}
	if left := names(t, dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestStallAndCancel(t *testing.T) {
	img := image()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(img)))
		w.Write(img[:1000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	t.Cleanup(s.Close)
	for name, c := range map[string]struct {
		stall time.Duration
		want  string
	}{
		"stall":  {200 * time.Millisecond, "sent nothing for 200ms"},
		"cancel": {time.Minute, "interrupted"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			dir := t.TempDir()
			part := filepath.Join(dir, "sha256-"+digest(img)+".part")
			go func() { // cancels once the first bytes are there
				for ctx.Err() == nil {
					if info, err := os.Stat(part); err == nil && info.Size() == 1000 && c.want == "interrupted" {
						cancel(errors.New("interrupted"))
					}
					time.Sleep(time.Millisecond)
				}
			}()
			_, err := File(ctx, Options{URLs: []string{s.URL}, Checksum: digest(img), Dir: dir, Stall: c.stall})
			cancel(nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v", err)
			}
			if got := names(t, dir); len(got) != 1 || got[0] != filepath.Base(part) {
				t.Errorf("left: %v", got)
			}
			expect(t, part, img[:1000])
		})
	}
}

func TestWaitingForTheLockEndsWithContext(t *testing.T) {
	final := filepath.Join(t.TempDir(), "x")
	held, err := lockPart(t.Context(), final, func() {})
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("enough")
	if _, err := lockPart(ctx, final, func() { cancel(stop) }); !errors.Is(err, stop) {
		t.Errorf("error is %v", err)
	}
}

func TestDownloadWithoutChecksum(t *testing.T) {
	s := serve(t, image())
	s.etag = `"one"`
	o := Options{URLs: []string{s.URL + "/disk.img"}, Checksum: "none", Dir: t.TempDir()}
	first, err := File(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, first, s.image)
	s.image = []byte("changed, though the tag is the same")
	if _, err := File(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	expect(t, first, image())
	s.etag = `"two"`
	if _, err := File(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	expect(t, first, s.image)
	s.Close()
	if got, err := File(t.Context(), o); err != nil || got != first {
		t.Errorf("without a server: got %s, error %v", got, err)
	}
	if got := names(t, o.Dir); len(got) != 2 { // the file and its validators
		t.Errorf("the cache has %v", got)
	}
}

func TestResumeWithoutChecksumAsksIfTheSame(t *testing.T) {
	img := image()
	for etag, want := range map[string][]byte{
		`"one"`: append(bytes.Repeat([]byte("x"), 1000), img[1000:]...), // the server vouches for the part
		`"two"`: img,
	} {
		s := serve(t, img)
		s.etag = etag
		o := Options{URLs: []string{s.URL + "/disk.img"}, Dir: t.TempDir()}
		final := filepath.Join(o.Dir, fmt.Sprintf("url-%s", digest([]byte(o.URLs[0]))))
		if err := os.WriteFile(final+".part", bytes.Repeat([]byte("x"), 1000), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := (origin{ETag: `"one"`}).save(final + ".part.origin"); err != nil {
			t.Fatal(err)
		}
		if _, err := File(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		expect(t, final, want)
	}
}

func TestFullDiskIsNotTriedElsewhere(t *testing.T) {
	s := serve(t, image())
	_, err := File(t.Context(), Options{URLs: []string{s.URL, s.URL}, Checksum: digest(s.image), Dir: "/proc/ovenbird-cache"})
	var disk *diskError
	if !errors.As(err, &disk) || len(s.ranges) != 0 {
		t.Errorf("error %v after %d requests", err, len(s.ranges))
	}
}
