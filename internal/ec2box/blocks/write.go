package blocks

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/disks"
)

const blockSize = disks.BlockSize

func (s *Server) put(w http.ResponseWriter, in *request) error {
	release, err := s.enter(&s.puts, s.limits.Puts)
	if err != nil {
		return &Fault{"RequestThrottledException", http.StatusBadRequest, "ACCOUNT_THROTTLED", "There are too many requests at once."}
	}
	defer release()
	if length := in.Header.Get("X-Amz-Data-Length"); length != strconv.Itoa(blockSize) {
		return invalid("INVALID_PARAMETER_VALUE", "x-amz-Data-Length is '"+length+"': it must be 524288.")
	}
	if progress := in.Header.Get("X-Amz-Progress"); progress != "" {
		if _, err := number("x-amz-Progress", progress, 0, 100); err != nil {
			return err
		}
	}
	want, err := checksum(in)
	if err != nil {
		return err
	}
	content, err := s.writable(in)
	if err != nil {
		return err
	}
	block, err := strconv.Atoi(in.block)
	if err != nil || block < 0 || block >= content.Count() {
		return invalid("INVALID_BLOCK", "The block index '"+in.block+"' is not in the volume.")
	}
	done, err := s.claimBlock(in.snapshot, block)
	if err != nil {
		return err
	}
	defer done()
	buffer := s.buffers.Get().(*[blockSize]byte)
	defer s.buffers.Put(buffer)
	data := buffer[:]
	n, err := io.ReadFull(in.Body, data)
	if more, _ := in.Body.Read(make([]byte, 1)); n < blockSize || more > 0 {
		return invalid("INVALID_BLOCK", "The data is not as long as x-amz-Data-Length says.")
	}
	if err != nil {
		return err
	}
	if sha256.Sum256(data) != want {
		return invalid("INVALID_BLOCK", "The checksum is not that of the data.")
	}
	if err := content.WriteBlock(block, data, want); errors.Is(err, disks.ErrComplete) {
		return invalid("INVALID_SNAPSHOT_ID", "The snapshot is not pending any more.")
	} else if err != nil {
		return err
	}
	setChecksum(w, want)
	answer(w, http.StatusCreated, map[string]string{})
	return nil
}

// writable gives the contents of a snapshot that takes blocks.
func (s *Server) writable(in *request) (*disks.Snapshot, error) {
	known, err := in.look(in.snapshot)
	if err != nil {
		return nil, err
	}
	s.expire(in.region)
	s.mu.Lock()
	u := s.uploads[in.snapshot]
	if u != nil {
		u.last = s.now()
	} else if known.Direct && known.Status == Pending { // the server was started anew
		s.uploads[in.snapshot] = &upload{region: in.region, limit: time.Hour, last: s.now(), blocks: map[int]bool{}}
	}
	s.mu.Unlock()
	if known, _ = in.catalog.Look(in.snapshot); known.Status == Failed {
		return nil, invalid("WRITE_REQUEST_TIMEOUT", "The snapshot '"+in.snapshot+"' was given up: no block came in time.")
	}
	content, err := s.store.Snapshot(in.snapshot)
	if errors.Is(err, disks.ErrUnknown) {
		return nil, noSnapshot(in.snapshot)
	}
	if err == nil && (!known.Direct || known.Status != Pending || content.IsComplete()) {
		return nil, invalid("INVALID_SNAPSHOT_ID", "The snapshot '"+in.snapshot+"' takes no blocks: it is "+known.Status+".")
	}
	return content, err
}

// claimBlock keeps others from writing the same block at the same time.
func (s *Server) claimBlock(snapshot string, block int) (done func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.uploads[snapshot]
	if u == nil {
		return nil, noSnapshot(snapshot)
	}
	if u.blocks[block] {
		return nil, invalid("CONFLICTING_BLOCK_UPDATE", "The block is being written by another request.")
	}
	u.blocks[block] = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(u.blocks, block)
	}, nil
}

func (s *Server) complete(w http.ResponseWriter, in *request) error {
	count, err := number("x-amz-ChangedBlocksCount", in.Header.Get("X-Amz-Changedblockscount"), 0, 1<<31-1)
	if err != nil {
		return err
	}
	known, err := in.look(in.snapshot)
	if err != nil {
		return err
	}
	content, err := s.store.Snapshot(in.snapshot)
	switch {
	case err != nil:
		return err
	case known.Direct && content.IsComplete(): // asked for again, because the answer was lost
	default:
		if content, err = s.writable(in); err != nil {
			return err
		}
	}
	blocks, sums, err := content.Written()
	if err != nil {
		return err
	}
	if int64(len(blocks)) != count {
		return invalid("INVALID_PARAMETER_VALUE", "ChangedBlocksCount is "+strconv.FormatInt(count, 10)+", but "+strconv.Itoa(len(blocks))+" blocks were written.")
	}
	if err := checkAggregate(in, sums); err != nil {
		return err
	}
	if !content.IsComplete() {
		if err := s.close(in, content); err != nil {
			return err
		}
	}
	known, _ = in.catalog.Look(in.snapshot)
	answer(w, http.StatusAccepted, map[string]string{"Status": known.Status})
	return nil
}

// close ends an upload that has no block on its way.
func (s *Server) close(in *request, content *disks.Snapshot) error {
	s.mu.Lock()
	busy := s.uploads[in.snapshot] != nil && len(s.uploads[in.snapshot].blocks) > 0
	if !busy {
		delete(s.uploads, in.snapshot)
	}
	s.mu.Unlock()
	if busy {
		return invalid("CONFLICTING_BLOCK_UPDATE", "Blocks of the snapshot are still being written.")
	}
	if err := content.Complete(); err != nil {
		return err
	}
	in.catalog.Finish(in.snapshot)
	return nil
}

// checkAggregate holds the checksum of all checksums against what was written.
func checkAggregate(in *request, sums []disks.Sum) error {
	if in.Header.Get("X-Amz-Checksum") == "" {
		return nil
	}
	want, err := checksum(in)
	if err != nil {
		return err
	}
	if method := in.Header.Get("X-Amz-Checksum-Aggregation-Method"); method != "LINEAR" {
		return invalid("INVALID_PARAMETER_VALUE", "x-amz-Checksum-Aggregation-Method is '"+method+"': it must be LINEAR.")
	}
	all := sha256.New()
	for _, sum := range sums {
		all.Write(sum[:])
	}
	if disks.Sum(all.Sum(nil)) != want {
		return invalid("INVALID_PARAMETER_VALUE", "The checksum is not that of the checksums of the blocks that were written.")
	}
	return nil
}

// checksum reads the headers that give one.
func checksum(in *request) (sum disks.Sum, err error) {
	if algorithm := in.Header.Get("X-Amz-Checksum-Algorithm"); algorithm != "SHA256" {
		return sum, invalid("INVALID_PARAMETER_VALUE", "x-amz-Checksum-Algorithm is '"+algorithm+"': it must be SHA256.")
	}
	raw, err := base64.StdEncoding.DecodeString(in.Header.Get("X-Amz-Checksum"))
	if err != nil || len(raw) != len(sum) {
		return sum, invalid("INVALID_PARAMETER_VALUE", "x-amz-Checksum must be a SHA-256 in Base64.")
	}
	return disks.Sum(raw), nil
}

func setChecksum(w http.ResponseWriter, sum disks.Sum) {
	w.Header().Set("X-Amz-Checksum", base64.StdEncoding.EncodeToString(sum[:]))
	w.Header().Set("X-Amz-Checksum-Algorithm", "SHA256")
}
