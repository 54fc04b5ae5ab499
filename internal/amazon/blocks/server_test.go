package blocks

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ebs"

	served "github.com/ovenbird-io/ovenbird/internal/ec2box/blocks"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/disks"
)

// sandbox is EBS with a catalog of its own, and trouble on the way to it.
type sandbox struct {
	*httptest.Server
	store *disks.Store

	mu    sync.Mutex
	known map[string]served.Snapshot
	made  int
	calls map[string]int
	bytes int64 // of bodies that came
	lie   bool  // about the size of blocks
	// trouble tells what happens to the nth call of an action, from 1.
	trouble func(action string, n int) trouble
}

type trouble int

const (
	none   trouble = iota
	busy           // refused for now
	broken         // a 503 answer
	lost           // done, but the answer is lost
	refused
)

func newSandbox(t testing.TB) *sandbox {
	t.Helper()
	store, err := disks.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := &sandbox{store: store, known: map[string]served.Snapshot{}, calls: map[string]int{}}
	direct := served.New(store, func(string) served.Catalog { return s }, served.Limits{Starts: 100, Page: 100})
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(direct, w, r) }))
	t.Cleanup(func() { s.Close(); store.Close() })
	return s
}

func (s *sandbox) serve(direct *served.Server, w http.ResponseWriter, r *http.Request) {
	action := served.Action(r)
	s.mu.Lock()
	s.calls[action]++
	what := none
	if s.trouble != nil {
		what = s.trouble(action, s.calls[action])
	}
	s.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	s.mu.Lock()
	s.bytes += int64(len(body))
	s.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	switch what {
	case busy:
		served.Refuse(w, &served.Fault{Code: "RequestThrottledException", Status: http.StatusBadRequest, Message: "Slow down."})
		return
	case broken:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case refused:
		served.Refuse(w, &served.Fault{Code: "AccessDeniedException", Status: http.StatusForbidden, Message: "You may not."})
		return
	}
	answer := httptest.NewRecorder()
	direct.Serve(answer, r, "eu-central-1")
	if what == lost {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	out := answer.Body.Bytes()
	if s.lie {
		out = bytes.ReplaceAll(out, []byte(`"BlockSize":524288`), []byte(`"BlockSize":1048576`))
	}
	_, _ = w.Write(out)
}

// client is one whose own repetitions would take long.
func (s *sandbox) client() *ebs.Client {
	return ebs.New(ebs.Options{
		Region: "eu-central-1", BaseEndpoint: aws.String(s.URL),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	})
}

func (s *sandbox) Begin(ctx context.Context, n served.Snapshot) (served.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	n.ID = fmt.Sprintf("snap-%017x", s.made)
	n.Owner, n.Started = "123456789012", time.Now()
	if _, err := s.store.Create(ctx, n.ID, n.Parent, n.SizeGiB); err != nil {
		return n, err
	}
	s.known[n.ID] = n
	return n, nil
}

func (s *sandbox) Look(id string) (served.Snapshot, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.known[id]
	return n, ok
}

func (s *sandbox) Finish(id string) { s.state(id, served.Completed) }
func (s *sandbox) Fail(id string)   { s.state(id, served.Failed) }

func (s *sandbox) state(id, to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.known[id]
	n.Status = to
	s.known[id] = n
}

// remove deletes a snapshot.
func (s *sandbox) remove(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, id)
	return s.store.Delete(id)
}

// count tells how often an action was asked for since the last time.
func (s *sandbox) count(action string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.calls[action]
	s.calls[action] = 0
	return n
}

func (s *sandbox) snapshots() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, id := range slices.Sorted(maps.Keys(s.known)) {
		all = append(all, strings.TrimLeft(strings.TrimPrefix(id, "snap-"), "0")+":"+s.known[id].Status)
	}
	return strings.Join(all, " ")
}

// disk is a disk of letters, one a block; a space is a hole and 0 are zeroes
// that are there.
type disk struct {
	letters string
	cut     int64 // bytes missing in the last block
	reading func(block int)
}

func (d *disk) Size() int64 { return int64(len(d.letters))*Size - d.cut }

func (d *disk) Next(off int64) (from, to int64, err error) {
	for i := int(off / Size); i < len(d.letters); i++ {
		if d.letters[i] != ' ' {
			return max(off, int64(i)*Size), min(int64(i+1)*Size, d.Size()), nil
		}
	}
	return d.Size(), d.Size(), nil
}

func (d *disk) ReadAt(p []byte, off int64) (int, error) {
	i := int(off / Size)
	if d.reading != nil {
		d.reading(i)
	}
	clear(p)
	if letter := d.letters[i]; letter != ' ' && letter != '0' {
		p[len(p)-1] = letter
	}
	if off+int64(len(p)) >= d.Size() {
		return len(p), io.EOF
	}
	return len(p), nil
}

// holds compares a completed snapshot with a disk.
func (s *sandbox) holds(t *testing.T, id string, d *disk) {
	t.Helper()
	if n, _ := s.Look(id); n.Status != served.Completed {
		t.Fatalf("the snapshot is %s", n.Status)
	}
	content, err := s.store.Snapshot(id)
	if err != nil {
		t.Fatal(err)
	}
	got, want := make([]byte, Size), make([]byte, Size)
	for i := range content.Count() {
		clear(want)
		if at := int64(i) * Size; at < d.Size() {
			if _, err := d.ReadAt(want[:min(Size, d.Size()-at)], at); err != nil && i < len(d.letters)-1 {
				t.Fatal(err)
			}
		}
		if _, err := content.ReadAt(got, int64(i)*Size); err != nil && err != io.EOF { //nolint:errorlint // a reader's
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("block %d is not the disk's", i)
		}
		if i > len(d.letters)+8 {
			break
		}
	}
}
