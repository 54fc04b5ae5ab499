package blocks

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ebs"

	"github.com/ovenbird-io/ovenbird/internal/filelock"
	"github.com/ovenbird-io/ovenbird/internal/folder"
)

// digest is the SHA-256 of a block.
type digest [sha256.Size]byte

// log is a file that says, line by line, what became of an upload. Its last
// line may be torn, and then does not count. That of a completed snapshot tells
// what all of its blocks are.
type log struct {
	path string   // "" is a log that is kept in memory only
	file *os.File // locked

	mu       sync.Mutex
	request  *ebs.StartSnapshotInput // nil before the first
	snapshot string                  // "" until it is known
	ending   bool                    // all is sent
	complete bool
	sent     map[int]digest
	same     map[int]digest // as in the parent
}

// openLog opens the log of an upload, or begins one. Only one at a time has it.
func openLog(dir, key string) (*log, error) {
	l := &log{sent: map[int]digest{}, same: map[int]digest{}}
	if dir == "" {
		return l, nil
	}
	if err := folder.Private(dir); err != nil {
		return nil, fmt.Errorf("keeping what is sent: %w", err)
	}
	_ = folder.Forget(useless, filepath.Join(dir, "*.upload"), filepath.Join(dir, "*.blocks")) // one that stays does no harm
	sum := sha256.Sum256([]byte(key))
	l.path = filepath.Join(dir, hex.EncodeToString(sum[:12])+".upload")
	var err error
	if l.file, err = filelock.Acquire(l.path, filelock.TryExclusive); err == nil && l.file == nil {
		err = errors.New("another run is sending the same disk")
	}
	if err != nil {
		return nil, fmt.Errorf("keeping what is sent: %w", err)
	}
	if err := l.read(); err != nil {
		return nil, errors.Join(fmt.Errorf("reading what was sent: %w", err), l.close())
	}
	return l, nil
}

// useless is the age at which a log serves no upload and no delta any more.
const useless = 90 * 24 * time.Hour

// read takes in what the file says, and leaves it ready for more.
func (l *log) read() error {
	all, err := os.ReadFile(l.path)
	if err != nil {
		return err
	}
	good := 0
	for line := range bytes.Lines(all) {
		text, whole := strings.CutSuffix(string(line), "\n")
		if !whole || !l.take(strings.Fields(text)) {
			break
		}
		good += len(line)
	}
	if err := l.file.Truncate(int64(good)); err != nil {
		return err
	}
	_, err = l.file.Seek(int64(good), io.SeekStart)
	return err
}

// take takes in one line; false says that it makes no sense.
func (l *log) take(words []string) bool {
	var arg [2]string
	if len(words) == 0 || copy(arg[:], words[1:]) != len(words)-1 {
		return false
	}
	switch words[0] {
	case "request":
		raw, err := hex.DecodeString(arg[0])
		if err != nil || json.Unmarshal(raw, &l.request) != nil {
			return false
		}
	case "snapshot":
		l.snapshot = arg[0]
	case "ending":
		l.ending = true
	case "complete":
		l.complete = true
	case "sent", "same":
		i, err := strconv.Atoi(arg[0])
		sum, badHex := hex.DecodeString(arg[1])
		if err != nil || badHex != nil || len(sum) != sha256.Size {
			return false
		}
		l.blocks(words[0])[i] = digest(sum)
	default:
		return false
	}
	return true
}

func (l *log) blocks(kind string) map[int]digest {
	if kind == "sent" {
		return l.sent
	}
	return l.same
}

// write adds a line and takes it in.
func (l *log) write(words ...string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.take(words)
	if l.file == nil {
		return nil
	}
	if _, err := l.file.WriteString(strings.Join(words, " ") + "\n"); err != nil {
		return fmt.Errorf("keeping what is sent: %w", err)
	}
	return nil
}

// asking notes a request that starts a snapshot. A repetition has to be just
// the same, whatever the options are by then.
func (l *log) asking(in *ebs.StartSnapshotInput) error {
	raw, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("keeping what is sent: %w", err)
	}
	return l.write("request", hex.EncodeToString(raw))
}

// block notes that a block was put, or needs not be.
func (l *log) block(kind string, i int, d digest) error {
	if l.file != nil {
		return l.write(kind, strconv.Itoa(i), hex.EncodeToString(d[:]))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.blocks(kind)[i] = d
	return nil
}

// had is what became of a block in an earlier run.
func (l *log) had(i int) (d digest, sent, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if d, sent = l.sent[i]; sent {
		return d, true, true
	}
	d, ok = l.same[i]
	return d, false, ok
}

// nonEmpty counts the blocks that are not zero.
func (l *log) nonEmpty() (n int) {
	zeroes := digest(sha256.Sum256(make([]byte, Size)))
	for _, blocks := range []map[int]digest{l.sent, l.same} {
		for _, d := range blocks {
			if d != zeroes {
				n++
			}
		}
	}
	return n
}

func (l *log) forget() error {
	if l.path == "" {
		return nil
	}
	return os.Remove(l.path)
}

func (l *log) close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

func recordOf(dir, snapshot string) string {
	return filepath.Join(dir, filepath.Base(snapshot)+".blocks")
}

// recorded reads what the blocks of a completed snapshot are, nil if that is
// not known.
func recorded(dir, snapshot string) map[int]digest {
	if dir == "" {
		return nil
	}
	f, err := os.Open(recordOf(dir, snapshot))
	if err != nil {
		return nil
	}
	defer f.Close()
	l := &log{sent: map[int]digest{}, same: map[int]digest{}}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if !l.take(strings.Fields(lines.Text())) {
			return nil
		}
	}
	if !l.complete || l.snapshot != snapshot {
		return nil
	}
	for i, d := range l.sent {
		l.same[i] = d
	}
	return l.same
}
