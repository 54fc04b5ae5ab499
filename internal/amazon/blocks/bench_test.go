package blocks

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ebs"

	"github.com/ovenbird-io/ovenbird/internal/amazon/diskfile"
	served "github.com/ovenbird-io/ovenbird/internal/ec2box/blocks"
)

// full is how many blocks of the benchmarks' disk have data.
const full = 1024

// noise is a disk of which every other block is random.
func noise(b *testing.B) (*diskfile.File, string) {
	b.Helper()
	path := filepath.Join(b.TempDir(), "disk.raw")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	random := rand.NewChaCha8([32]byte{})
	data := make([]byte, Size)
	for i := range int64(full) {
		_, _ = random.Read(data)
		if _, err := f.WriteAt(data, 2*i*Size); err != nil {
			b.Fatal(err)
		}
	}
	if err := errors.Join(f.Truncate(40*GiB), f.Close()); err != nil {
		b.Fatal(err)
	}
	disk, err := diskfile.Open(b.Context(), path, "raw", "")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { disk.Close() })
	return disk, path
}

// BenchmarkUpload sends a disk to the strict server.
func BenchmarkUpload(b *testing.B) {
	s := newSandbox(b)
	direct := served.New(s.store, func(string) served.Catalog { return s }, served.Limits{})
	var wire atomic.Int64
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = &counted{r.Body, &wire}
		direct.Serve(w, r, "eu-central-1")
	})
	disk, _ := noise(b)
	b.SetBytes(full * Size)
	busy := used(b)
	for i := range b.N {
		made, err := Upload(b.Context(), s.client(), disk, Options{Identity: strconv.Itoa(i)})
		if err == nil {
			err = s.remove(b.Context(), made.ID) // before it is written to a disk
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(busy().Seconds()/float64(b.N), "cpu-s/op")
	b.ReportMetric(float64(wire.Load())/float64(b.N)/(full*Size), "sent/data")
}

// used tells what this process has computed since, and in the kernel.
func used(b *testing.B) func() time.Duration {
	b.Helper()
	sum := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := sum()
	b.ResetTimer()
	return func() time.Duration { return sum() - before }
}

type counted struct {
	io.ReadCloser
	n *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// BenchmarkPlainUpload sends the same bytes with as many plain PUT requests at
// once, to a server that forgets them, keeps them, or keeps and sums them.
func BenchmarkPlainUpload(b *testing.B) {
	for _, what := range []string{"forgotten", "kept", "summed"} {
		b.Run(what, func(b *testing.B) {
			kept, err := os.Create(filepath.Join(b.TempDir(), "kept"))
			if err != nil {
				b.Fatal(err)
			}
			defer kept.Close()
			s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { take(kept, what, r) }))
			defer s.Close()
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
			_, path := noise(b)
			file, err := os.Open(path)
			if err != nil {
				b.Fatal(err)
			}
			defer file.Close()
			b.SetBytes(full * Size)
			busy := used(b)
			for range b.N {
				if err := kept.Truncate(0); err != nil { // as a new snapshot's is
					b.Fatal(err)
				}
				plain(b, client, file, func(n int64, body io.Reader) (*http.Request, error) {
					return http.NewRequestWithContext(b.Context(), http.MethodPut, fmt.Sprintf("%s/%d", s.URL, 2*n*Size), body)
				})
			}
			b.ReportMetric(busy().Seconds()/float64(b.N), "cpu-s/op")
		})
	}
}

func take(kept *os.File, what string, r *http.Request) {
	if what == "forgotten" {
		_, _ = io.Copy(io.Discard, r.Body)
		return
	}
	data := make([]byte, Size)
	if _, err := io.ReadFull(r.Body, data); err != nil {
		panic(err)
	}
	if what == "summed" {
		_ = sha256.Sum256(data)
	}
	at, err := strconv.ParseInt(strings.TrimPrefix(r.URL.Path, "/"), 10, 64)
	if err == nil {
		_, err = kept.WriteAt(data, at)
	}
	if err != nil {
		panic(err)
	}
}

// BenchmarkPlainSandbox sends the blocks to the strict server as BenchmarkUpload
// does, but without the SDK, and with checksums that are known before.
func BenchmarkPlainSandbox(b *testing.B) {
	s := newSandbox(b)
	direct := served.New(s.store, func(string) served.Catalog { return s }, served.Limits{})
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { direct.Serve(w, r, "eu-central-1") })
	_, path := noise(b)
	file, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	sums, data := map[int64]string{}, make([]byte, Size)
	for n := range int64(full) {
		if _, err := file.ReadAt(data, 2*n*Size); err != nil {
			b.Fatal(err)
		}
		sums[n] = text(sha256.Sum256(data))
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	b.SetBytes(full * Size)
	busy := used(b)
	for range b.N {
		got, err := s.client().StartSnapshot(b.Context(), &ebs.StartSnapshotInput{VolumeSize: aws.Int64(40)})
		if err != nil {
			b.Fatal(err)
		}
		plain(b, client, file, func(n int64, body io.Reader) (*http.Request, error) {
			req, err := http.NewRequestWithContext(b.Context(), http.MethodPut, fmt.Sprintf("%s/snapshots/%s/blocks/%d", s.URL, *got.SnapshotId, 2*n), body)
			if err == nil {
				req.Header.Set("X-Amz-Data-Length", strconv.Itoa(Size))
				req.Header.Set("X-Amz-Checksum", sums[n])
				req.Header.Set("X-Amz-Checksum-Algorithm", "SHA256")
			}
			return req, err
		})
		if err := s.remove(b.Context(), *got.SnapshotId); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(busy().Seconds()/float64(b.N), "cpu-s/op")
}

func plain(b *testing.B, client *http.Client, file *os.File, request func(n int64, body io.Reader) (*http.Request, error)) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range 32 {
		wait.Go(func() {
			data := make([]byte, Size)
			for n := next.Add(1) - 1; n < full; n = next.Add(1) - 1 {
				if _, err := file.ReadAt(data, 2*n*Size); err != nil {
					b.Error(err)
				}
				req, err := request(n, bytes.NewReader(data))
				if err != nil {
					b.Error(err)
					return
				}
				answer, err := client.Do(req)
				if err != nil {
					b.Error(err)
					return
				}
				answer.Body.Close()
				if answer.StatusCode >= 300 {
					b.Error(answer.Status)
				}
			}
		})
	}
	wait.Wait()
}
