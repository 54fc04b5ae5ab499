package blocks

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/disks"
)

// tokenLife is how long the tokens of blocks are said to live.
const tokenLife = 7 * 24 * time.Hour

// readable gives the contents of a completed snapshot.
func (s *Server) readable(in *request, id string) (*disks.Snapshot, error) {
	known, err := in.look(id)
	if err != nil {
		return nil, err
	}
	if known.Status != Completed {
		return nil, invalid("INVALID_SNAPSHOT_ID", "The snapshot '"+id+"' is "+known.Status+".")
	}
	content, err := s.store.Snapshot(id)
	if errors.Is(err, disks.ErrUnknown) {
		return nil, noSnapshot(id)
	}
	return content, err
}

func (s *Server) list(w http.ResponseWriter, in *request) error {
	content, err := s.readable(in, in.snapshot)
	if err != nil {
		return err
	}
	page, next, err := s.page(in, content.Blocks(), in.snapshot)
	if err != nil {
		return err
	}
	type block struct {
		BlockIndex int
		BlockToken string
	}
	blocks := []block{}
	for _, i := range page {
		blocks = append(blocks, block{i, s.token(in.snapshot, i)})
	}
	s.answerList(w, content, "Blocks", blocks, next)
	return nil
}

func (s *Server) changed(w http.ResponseWriter, in *request) error {
	second, err := s.readable(in, in.snapshot)
	if err != nil {
		return err
	}
	id := in.URL.Query().Get("firstSnapshotId")
	var first *disks.Snapshot
	differing := second.Blocks()
	if id != "" {
		if first, err = s.readable(in, id); err != nil {
			return err
		}
		related := false
		if differing, related = disks.Changed(first, second); !related {
			return invalid("UNRELATED_SNAPSHOTS", "The snapshots '"+id+"' and '"+in.snapshot+"' are not of one lineage.")
		}
	}
	page, next, err := s.page(in, differing, id+" "+in.snapshot)
	if err != nil {
		return err
	}
	type block struct {
		BlockIndex       int
		FirstBlockToken  string `json:",omitempty"`
		SecondBlockToken string `json:",omitempty"`
	}
	blocks := []block{}
	for _, i := range page {
		b := block{BlockIndex: i}
		if first != nil && first.Has(i) {
			b.FirstBlockToken = s.token(id, i)
		}
		if second.Has(i) {
			b.SecondBlockToken = s.token(in.snapshot, i)
		}
		blocks = append(blocks, b)
	}
	s.answerList(w, second, "ChangedBlocks", blocks, next)
	return nil
}

func (s *Server) answerList(w http.ResponseWriter, content *disks.Snapshot, name string, blocks any, next string) {
	body := map[string]any{
		name: blocks, "BlockSize": blockSize, "VolumeSize": content.SizeGiB(), "ExpiryTime": seconds(s.now().Add(tokenLife)),
	}
	if next != "" {
		body["NextToken"] = next
	}
	answer(w, http.StatusOK, body)
}

// page cuts the part of a list that the request asks for.
func (s *Server) page(in *request, all []int, what string) (page []int, next string, err error) {
	q := in.URL.Query()
	most, first := int64(s.limits.Page), int64(0)
	if text := q.Get("maxResults"); text != "" {
		if most, err = number("maxResults", text, 100, 10000); err != nil {
			return nil, "", err
		}
	}
	token := q.Get("pageToken")
	switch text := q.Get("startingBlockIndex"); {
	case text != "" && token != "":
		return nil, "", invalid("INVALID_PARAMETER_VALUE", "startingBlockIndex and pageToken exclude each other.")
	case text != "":
		if first, err = number("startingBlockIndex", text, 0, 1<<31-1); err != nil {
			return nil, "", err
		}
	case token != "":
		raw, _ := base64.StdEncoding.DecodeString(token)
		at, _, _ := strings.Cut(string(raw), " ")
		if first, err = strconv.ParseInt(at, 10, 64); err != nil || token != s.pageToken(first, what) {
			return nil, "", invalid("INVALID_PAGE_TOKEN", "The page token is not of this list.")
		}
	}
	for i, block := range all {
		if int64(block) < first {
			continue
		}
		rest := all[i:]
		if n := int(min(most, int64(s.limits.Page))); len(rest) > n {
			return rest[:n], s.pageToken(int64(rest[n]), what), nil
		}
		return rest, "", nil
	}
	return nil, "", nil
}

func (s *Server) pageToken(first int64, what string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s page %d of %s", s.secret, first, what))
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%d %x", first, sum[:8]))
}

// token is what a block is asked for with.
func (s *Server) token(snapshot string, block int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s block %d of %s", s.secret, block, snapshot))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func (s *Server) get(w http.ResponseWriter, in *request) error {
	content, err := s.readable(in, in.snapshot)
	if err != nil {
		return err
	}
	block, err := strconv.Atoi(in.block)
	if err != nil || block < 0 || block >= content.Count() {
		return invalid("INVALID_BLOCK", "The block index '"+in.block+"' is not in the volume.")
	}
	if token := in.URL.Query().Get("blockToken"); token != s.token(in.snapshot, block) || !content.Has(block) {
		return invalid("INVALID_BLOCK_TOKEN", "The block token is not that of the block.")
	}
	data := make([]byte, blockSize)
	if _, err := content.ReadAt(data, int64(block)*blockSize); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	setChecksum(w, sha256.Sum256(data))
	w.Header().Set("X-Amz-Data-Length", strconv.Itoa(blockSize))
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(blockSize))
	_, _ = w.Write(data) // a client that is gone needs no answer
	return nil
}
