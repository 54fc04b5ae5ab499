package blocks

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ebs"
	"github.com/aws/aws-sdk-go-v2/service/ebs/types"
)

func TestWriteAndRead(t *testing.T) {
	w := newWorld(t, Limits{})
	first := w.make1(t, "", "a.b")
	second := w.make1(t, first, ".cB")
	other := w.make1(t, "", "a")
	listed, err := w.ebs.ListSnapshotBlocks(t.Context(), &ebs.ListSnapshotBlocksInput{SnapshotId: &second})
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, b := range listed.Blocks {
		letter, err := w.read(t, second, *b.BlockIndex, b.BlockToken)
		if err != nil {
			t.Fatal(err)
		}
		got += fmt.Sprintf("%d%c ", *b.BlockIndex, letter)
	}
	if got != "0a 1c 2B " || *listed.BlockSize != blockSize || *listed.VolumeSize != 1 || time.Until(*listed.ExpiryTime) < time.Hour {
		t.Errorf("got %s of %d bytes, %d GiB, until %s", got, *listed.BlockSize, *listed.VolumeSize, listed.ExpiryTime)
	}
	changed, err := w.ebs.ListChangedBlocks(t.Context(), &ebs.ListChangedBlocksInput{FirstSnapshotId: &first, SecondSnapshotId: &second})
	if err != nil {
		t.Fatal(err)
	}
	got = ""
	for _, b := range changed.ChangedBlocks {
		got += fmt.Sprintf("%d %t ", *b.BlockIndex, b.FirstBlockToken != nil)
		if letter, err := w.read(t, second, *b.BlockIndex, b.SecondBlockToken); err != nil || letter != "acB"[*b.BlockIndex] {
			t.Errorf("block %d: %c, %v", *b.BlockIndex, letter, err)
		}
	}
	if got != "1 false 2 true " {
		t.Errorf("changed: %s", got)
	}
	if all, err := w.ebs.ListChangedBlocks(t.Context(), &ebs.ListChangedBlocksInput{SecondSnapshotId: &second}); err != nil || len(all.ChangedBlocks) != 3 {
		t.Errorf("changed from nothing: %v, %v", all, err)
	}
	_, err = w.ebs.ListChangedBlocks(t.Context(), &ebs.ListChangedBlocksInput{FirstSnapshotId: &other, SecondSnapshotId: &second})
	if got := code(err); got != "UNRELATED_SNAPSHOTS" {
		t.Errorf("unrelated snapshots: %s", got)
	}
	for about, c := range map[string]struct {
		id    string
		block int32
		token *string
		want  string
	}{
		"another block":    {second, 1, listed.Blocks[0].BlockToken, "INVALID_BLOCK_TOKEN"},
		"another snapshot": {first, 0, listed.Blocks[0].BlockToken, "INVALID_BLOCK_TOKEN"},
		"out of range":     {second, 2048, listed.Blocks[0].BlockToken, "INVALID_BLOCK"},
		"no snapshot":      {"snap-0fff", 0, listed.Blocks[0].BlockToken, "SNAPSHOT_NOT_FOUND"},
	} {
		if _, err := w.read(t, c.id, c.block, c.token); code(err) != c.want {
			t.Errorf("%s: %s, want %s", about, code(err), c.want)
		}
	}
}

func TestPages(t *testing.T) {
	w := newWorld(t, Limits{Page: 150})
	id := w.start(t, "")
	content, err := w.store.Snapshot(id)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 320 {
		if err := content.WriteBlock(2*i, blockOf('a'), [32]byte{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := content.Complete(); err != nil {
		t.Fatal(err)
	}
	w.catalog.Finish(id)
	for _, c := range []struct {
		start, most *int32
		want        string
	}{
		{nil, nil, "150 150 20"},
		{aws.Int32(3), nil, "150 150 18"},
		{aws.Int32(600), aws.Int32(100), "20"},
		{nil, aws.Int32(100), "100 100 100 20"},
		{aws.Int32(2000), nil, "0"},
	} {
		in := &ebs.ListSnapshotBlocksInput{SnapshotId: &id, StartingBlockIndex: c.start, MaxResults: c.most}
		got, next := "", int32(aws.ToInt32(c.start)+1)/2*2
		for {
			out, err := w.ebs.ListSnapshotBlocks(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			got += fmt.Sprintf(" %d", len(out.Blocks))
			for _, b := range out.Blocks {
				if *b.BlockIndex != next {
					t.Fatalf("block %d, want %d", *b.BlockIndex, next)
				}
				next += 2
			}
			if out.NextToken == nil {
				break
			}
			in.NextToken, in.StartingBlockIndex = out.NextToken, nil
		}
		if got != " "+c.want {
			t.Errorf("from %d: pages of %s, want %s", aws.ToInt32(c.start), got, c.want)
		}
	}
	for about, in := range map[string]*ebs.ListSnapshotBlocksInput{
		"INVALID_PAGE_TOKEN":      {NextToken: aws.String("MCAwMA==")},
		"INVALID_PARAMETER_VALUE": {MaxResults: aws.Int32(99)},
	} {
		in.SnapshotId = &id
		if _, err := w.ebs.ListSnapshotBlocks(t.Context(), in); code(err) != about {
			t.Errorf("%s: %s", about, code(err))
		}
	}
}

func TestRefusedBlocks(t *testing.T) {
	w := newWorld(t, Limits{})
	done := w.make1(t, "", "a")
	open := w.start(t, "")
	for about, c := range map[string]struct {
		change func(*ebs.PutSnapshotBlockInput)
		want   string
	}{
		"a wrong checksum":     {func(in *ebs.PutSnapshotBlockInput) { in.Checksum = aws.String(sumOf(nil)) }, "INVALID_BLOCK"},
		"no checksum":          {func(in *ebs.PutSnapshotBlockInput) { in.Checksum = aws.String("AAAA") }, "INVALID_PARAMETER_VALUE"},
		"another algorithm":    {func(in *ebs.PutSnapshotBlockInput) { in.ChecksumAlgorithm = "MD5" }, "INVALID_PARAMETER_VALUE"},
		"another length":       {func(in *ebs.PutSnapshotBlockInput) { in.DataLength = aws.Int32(512) }, "INVALID_PARAMETER_VALUE"},
		"too little":           {func(in *ebs.PutSnapshotBlockInput) { in.BlockData = bytes.NewReader(blockOf('a')[1:]) }, "INVALID_BLOCK"},
		"too much":             {func(in *ebs.PutSnapshotBlockInput) { in.BlockData = bytes.NewReader(append(blockOf('a'), 0)) }, "INVALID_BLOCK"},
		"behind the end":       {func(in *ebs.PutSnapshotBlockInput) { in.BlockIndex = aws.Int32(2048) }, "INVALID_BLOCK"},
		"a negative index":     {func(in *ebs.PutSnapshotBlockInput) { in.BlockIndex = aws.Int32(-1) }, "INVALID_BLOCK"},
		"too much progress":    {func(in *ebs.PutSnapshotBlockInput) { in.Progress = aws.Int32(101) }, "INVALID_PARAMETER_VALUE"},
		"a completed snapshot": {func(in *ebs.PutSnapshotBlockInput) { in.SnapshotId = &done }, "INVALID_SNAPSHOT_ID"},
		"an unknown snapshot":  {func(in *ebs.PutSnapshotBlockInput) { in.SnapshotId = aws.String("snap-0123") }, "SNAPSHOT_NOT_FOUND"},
		"no id":                {func(in *ebs.PutSnapshotBlockInput) { in.SnapshotId = aws.String("vol-0123") }, "INVALID_SNAPSHOT_ID"},
	} {
		in := putInput(open, 0, 'a')
		c.change(in)
		if _, err := w.ebs.PutSnapshotBlock(t.Context(), in); code(err) != c.want {
			t.Errorf("%s: %s, want %s", about, code(err), c.want)
		}
	}
	if blocks := must(w.store.Snapshot(open)).Blocks(); len(blocks) > 0 {
		t.Errorf("blocks %v were written", blocks)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestRefusedCompletion(t *testing.T) {
	w := newWorld(t, Limits{})
	id := w.start(t, w.make1(t, "", "abc"))
	for i, l := range []byte("xy") {
		if _, err := w.ebs.PutSnapshotBlock(t.Context(), putInput(id, int32(2-i), l)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.ebs.ListSnapshotBlocks(t.Context(), &ebs.ListSnapshotBlocksInput{SnapshotId: &id}); code(err) != "INVALID_SNAPSHOT_ID" {
		t.Errorf("a pending snapshot is read: %s", code(err))
	}
	if _, err := w.ebs.StartSnapshot(t.Context(), &ebs.StartSnapshotInput{VolumeSize: aws.Int64(1), ParentSnapshotId: &id}); code(err) != "INVALID_SNAPSHOT_ID" {
		t.Errorf("a pending snapshot is a parent: %s", code(err))
	}
	wrong := completeInput(id, 2, aggregate("yx"))
	wrong.ChecksumAggregationMethod = "TREE"
	for _, c := range []struct {
		about string
		in    *ebs.CompleteSnapshotInput
		want  string
	}{
		{"a wrong count", completeInput(id, 3, aggregate("yx")), "INVALID_PARAMETER_VALUE"},
		{"the parent's blocks counted", completeInput(id, 4, aggregate("yx")), "INVALID_PARAMETER_VALUE"},
		{"the order of writing", completeInput(id, 2, aggregate("xy")), "INVALID_PARAMETER_VALUE"},
		{"another method", wrong, "INVALID_PARAMETER_VALUE"},
		{"unknown", completeInput("snap-0123", 2, aggregate("yx")), "SNAPSHOT_NOT_FOUND"},
		{"the order of blocks", completeInput(id, 2, aggregate("yx")), "<nil>"},
		{"again, the answer was lost", completeInput(id, 2, aggregate("yx")), "<nil>"},
		{"again, otherwise", completeInput(id, 1, aggregate("yx")), "INVALID_PARAMETER_VALUE"},
	} {
		if _, err := w.ebs.CompleteSnapshot(t.Context(), c.in); code(err) != c.want {
			t.Errorf("%s: %s, want %s", c.about, code(err), c.want)
		}
	}
}

func TestStart(t *testing.T) {
	w := newWorld(t, Limits{Open: 3})
	parent := w.make1(t, "", "a")
	for about, c := range map[string]struct {
		in   ebs.StartSnapshotInput
		want string
	}{
		"no size":             {ebs.StartSnapshotInput{VolumeSize: aws.Int64(0)}, "INVALID_VOLUME_SIZE"},
		"too large":           {ebs.StartSnapshotInput{VolumeSize: aws.Int64(65537)}, "INVALID_VOLUME_SIZE"},
		"an unknown parent":   {ebs.StartSnapshotInput{VolumeSize: aws.Int64(1), ParentSnapshotId: aws.String("snap-0123")}, "SNAPSHOT_NOT_FOUND"},
		"parent and key":      {ebs.StartSnapshotInput{VolumeSize: aws.Int64(1), ParentSnapshotId: &parent, Encrypted: aws.Bool(true)}, "INVALID_PARAMETER_VALUE"},
		"a key, no encrypted": {ebs.StartSnapshotInput{VolumeSize: aws.Int64(1), KmsKeyArn: aws.String("arn:k")}, "INVALID_PARAMETER_VALUE"},
		"a reserved tag":      {ebs.StartSnapshotInput{VolumeSize: aws.Int64(1), Tags: []types.Tag{{Key: aws.String("aws:x"), Value: aws.String("")}}}, "INVALID_TAG"},
		"a short time":        {ebs.StartSnapshotInput{VolumeSize: aws.Int64(1), Timeout: aws.Int32(9)}, "INVALID_PARAMETER_VALUE"},
	} {
		if _, err := w.ebs.StartSnapshot(t.Context(), &c.in); code(err) != c.want {
			t.Errorf("%s: %s, want %s", about, code(err), c.want)
		}
	}
	in := ebs.StartSnapshotInput{
		VolumeSize: aws.Int64(2), ParentSnapshotId: &parent, Description: aws.String("web"), ClientToken: aws.String("t"), Timeout: aws.Int32(60),
		Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}},
	}
	first := must(w.ebs.StartSnapshot(t.Context(), &in))
	again := must(w.ebs.StartSnapshot(t.Context(), &in))
	if *first.SnapshotId != *again.SnapshotId || first.Status != types.StatusPending || *first.ParentSnapshotId != parent ||
		*first.VolumeSize != 2 || *first.BlockSize != blockSize || *first.Description != "web" || len(first.Tags) != 1 || first.StartTime.Unix() != 1700000000 {
		t.Errorf("started %+v", first)
	}
	in.Description = aws.String("db")
	if _, err := w.ebs.StartSnapshot(t.Context(), &in); code(err) != "ConflictException" {
		t.Errorf("the token with another request: %s", code(err))
	}
	w.start(t, "")
	w.start(t, "")
	if _, err := w.ebs.StartSnapshot(t.Context(), &ebs.StartSnapshotInput{VolumeSize: aws.Int64(1)}); code(err) != "ServiceQuotaExceededException" {
		t.Errorf("a fourth one: %s", code(err))
	}
	w.now = func() time.Time { return time.Now().Add(61 * time.Minute) }
	if _, err := w.ebs.PutSnapshotBlock(t.Context(), putInput(*first.SnapshotId, 0, 'a')); code(err) != "WRITE_REQUEST_TIMEOUT" {
		t.Errorf("a snapshot that was given up: %s", code(err))
	}
	w.start(t, "")
}

// TestTokenAtOnce starts one snapshot, however many ask for it side by side.
func TestTokenAtOnce(t *testing.T) {
	w := newWorld(t, Limits{Starts: 4})
	var wg sync.WaitGroup
	var mu sync.Mutex
	got := map[string]int{}
	for range 20 {
		wg.Go(func() {
			out, err := w.ebs.StartSnapshot(t.Context(), &ebs.StartSnapshotInput{VolumeSize: aws.Int64(1), ClientToken: aws.String("t")})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				got[code(err)]++
			} else {
				got[*out.SnapshotId]++
			}
		})
	}
	wg.Wait()
	delete(got, "ConcurrentLimitExceededException")
	if len(got) != 1 || len(w.catalog.all) != 1 {
		t.Errorf("got %v", got)
	}
}

func TestNoSuchOperation(t *testing.T) {
	w := newWorld(t, Limits{})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, w.url+"/snapshots/x", strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	answer := must(http.DefaultClient.Do(r))
	defer answer.Body.Close()
	if answer.StatusCode != 404 || answer.Header.Get("X-Amzn-Errortype") != "UnknownOperationException" {
		t.Errorf("%s, %v", answer.Status, answer.Header)
	}
}
