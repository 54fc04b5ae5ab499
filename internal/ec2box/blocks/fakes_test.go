package blocks

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ebs"
	"github.com/aws/aws-sdk-go-v2/service/ebs/types"
	"github.com/aws/smithy-go"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/disks"
)

// catalog is a region that forgets all when the test ends.
type catalog struct {
	store *disks.Store
	mu    sync.Mutex
	all   map[string]Snapshot
}

func (c *catalog) Begin(ctx context.Context, s Snapshot) (Snapshot, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.ID, s.Owner, s.Started = fmt.Sprintf("snap-%017x", len(c.all)+1), "123456789012", time.Unix(1700000000, 0)
	_, err := c.store.Create(ctx, s.ID, s.Parent, s.SizeGiB)
	c.all[s.ID] = s
	return s, err
}

func (c *catalog) Look(id string) (Snapshot, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.all[id]
	return s, ok
}

func (c *catalog) Finish(id string) { c.set(id, Completed) }
func (c *catalog) Fail(id string)   { c.set(id, Failed) }

func (c *catalog) set(id, status string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.all[id]
	s.Status = status
	c.all[id] = s
}

// world is a server with a client of the AWS SDK that never tries again.
type world struct {
	*Server
	catalog *catalog
	url     string
	ebs     *ebs.Client
}

func newWorld(t *testing.T, l Limits) *world {
	t.Helper()
	store, err := disks.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	w := &world{catalog: &catalog{store: store, all: map[string]Snapshot{}}}
	w.Server = New(store, func(string) Catalog { return w.catalog }, l)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.Serve(rw, r, "eu-west-1") }))
	t.Cleanup(server.Close)
	w.url = server.URL
	w.ebs = ebs.New(ebs.Options{
		Region: "eu-west-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AK", "SK", ""),
	})
	return w
}

func blockOf(letter byte) []byte { return bytes.Repeat([]byte{letter}, blockSize) }

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// aggregate is the checksum of the checksums of blocks in order.
func aggregate(letters string) string {
	all := sha256.New()
	for _, l := range []byte(letters) {
		sum := sha256.Sum256(blockOf(l))
		all.Write(sum[:])
	}
	return base64.StdEncoding.EncodeToString(all.Sum(nil))
}

func (w *world) start(t *testing.T, parent string) string {
	t.Helper()
	in := &ebs.StartSnapshotInput{VolumeSize: aws.Int64(1)}
	if parent != "" {
		in.ParentSnapshotId = &parent
	}
	out, err := w.ebs.StartSnapshot(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return *out.SnapshotId
}

func putInput(id string, block int32, letter byte) *ebs.PutSnapshotBlockInput {
	data := blockOf(letter)
	return &ebs.PutSnapshotBlockInput{
		SnapshotId: &id, BlockIndex: &block, BlockData: bytes.NewReader(data), DataLength: aws.Int32(blockSize),
		Checksum: aws.String(sumOf(data)), ChecksumAlgorithm: types.ChecksumAlgorithmChecksumAlgorithmSha256,
	}
}

func completeInput(id string, count int32, sum string) *ebs.CompleteSnapshotInput {
	return &ebs.CompleteSnapshotInput{
		SnapshotId: &id, ChangedBlocksCount: &count, Checksum: &sum,
		ChecksumAlgorithm: types.ChecksumAlgorithmChecksumAlgorithmSha256, ChecksumAggregationMethod: types.ChecksumAggregationMethodChecksumAggregationLinear,
	}
}

// make1 makes a complete snapshot; block i is full of the i-th letter, '.' leaves it out.
func (w *world) make1(t *testing.T, parent, letters string) string {
	t.Helper()
	id := w.start(t, parent)
	written := ""
	for i, l := range []byte(letters) {
		if l == '.' {
			continue
		}
		written += string(l)
		if _, err := w.ebs.PutSnapshotBlock(t.Context(), putInput(id, int32(i), l)); err != nil {
			t.Fatal(err)
		}
	}
	out, err := w.ebs.CompleteSnapshot(t.Context(), completeInput(id, int32(len(written)), aggregate(written)))
	if err != nil || out.Status != types.StatusCompleted {
		t.Fatal(out, err)
	}
	return id
}

// code is the error's code and reason, "" for none.
func code(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return fmt.Sprint(err)
	}
	var v *types.ValidationException
	var n *types.ResourceNotFoundException
	switch {
	case errors.As(err, &v):
		return string(v.Reason)
	case errors.As(err, &n):
		return string(n.Reason)
	}
	return api.ErrorCode()
}

func (w *world) read(t *testing.T, id string, block int32, token *string) (byte, error) {
	t.Helper()
	out, err := w.ebs.GetSnapshotBlock(t.Context(), &ebs.GetSnapshotBlockInput{SnapshotId: &id, BlockIndex: &block, BlockToken: token})
	if err != nil {
		return 0, err
	}
	defer out.BlockData.Close()
	data, err := io.ReadAll(out.BlockData)
	if err != nil || *out.DataLength != blockSize || len(data) != blockSize || *out.Checksum != sumOf(data) {
		t.Errorf("block %d: %d bytes, checksum %s, %v", block, len(data), *out.Checksum, err)
	}
	return data[0], nil
}
