// Package blocks is the sandbox's EBS direct APIs: snapshots written and read
// block by block. It is strict where a mock would be kind: a wrong checksum, a
// wrong count or a block out of order is refused, in EBS's own words.
package blocks

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/disks"
)

// Snapshot is what EC2 knows of a snapshot.
type Snapshot struct {
	ID, Owner, Description, Parent string
	Status                         string // Pending, Completed or Failed
	SizeGiB                        int64
	Started                        time.Time
	Tags                           map[string]string
	Encrypted                      bool
	KMSKey                         string // ARN, "" for the account's own key
	// Direct says that it was started here, so that blocks may be put to it.
	Direct bool
}

// The states of a snapshot.
const (
	Pending   = "pending"
	Completed = "completed"
	Failed    = "error"
)

// Catalog is where a region's snapshots are known.
type Catalog interface {
	// Begin notes a pending snapshot; it gives it an id, an owner and a time,
	// and makes its contents in the store.
	Begin(ctx context.Context, s Snapshot) (Snapshot, error)
	// Look finds a snapshot that the caller may see.
	Look(id string) (Snapshot, bool)
	// Finish makes a snapshot completed, perhaps after a while.
	Finish(id string)
	// Fail makes a snapshot that nobody went on with one in error.
	Fail(id string)
}

// Limits are how much the service bears. Zero is its default.
type Limits struct {
	Starts int // StartSnapshot requests at once; 5
	Puts   int // PutSnapshotBlock requests at once; 1000
	Open   int // pending snapshots of a region; 100
	Page   int // blocks in an answer, whatever was asked for; 1000
}

// Server answers the requests of all regions.
type Server struct {
	store   *disks.Store
	catalog func(region string) Catalog
	limits  Limits
	now     func() time.Time
	secret  string    // of tokens
	buffers sync.Pool // of *[blockSize]byte

	mu      sync.Mutex
	starts  int                 // going on
	puts    int                 // going on
	tokens  map[string]*started // by region and client token
	uploads map[string]*upload  // by snapshot
}

// upload is a snapshot that takes blocks.
type upload struct {
	region string
	limit  time.Duration // without a request, then it is given up
	last   time.Time
	blocks map[int]bool // being written
}

// New makes a server over the contents of snapshots.
func New(store *disks.Store, catalog func(region string) Catalog, l Limits) *Server {
	for _, d := range []struct {
		to    *int
		value int
	}{{&l.Starts, 5}, {&l.Puts, 1000}, {&l.Open, 100}, {&l.Page, 1000}} {
		if *d.to == 0 {
			*d.to = d.value
		}
	}
	return &Server{
		store: store, catalog: catalog, limits: l, now: time.Now, secret: rand.Text(),
		tokens: map[string]*started{}, uploads: map[string]*upload{},
		buffers: sync.Pool{New: func() any { return new([blockSize]byte) }},
	}
}

// request is one call on its way.
type request struct {
	*http.Request
	catalog  Catalog
	region   string
	snapshot string
	block    string
}

// Action names the action that a request asks for, "" for none.
func Action(r *http.Request) string {
	switch p := strings.Split(strings.Trim(r.URL.Path, "/"), "/"); {
	case p[0] != "snapshots":
	case len(p) == 1 && r.Method == http.MethodPost:
		return "StartSnapshot"
	case len(p) == 3 && p[1] == "completion" && r.Method == http.MethodPost:
		return "CompleteSnapshot"
	case len(p) == 3 && p[2] == "blocks" && r.Method == http.MethodGet:
		return "ListSnapshotBlocks"
	case len(p) == 3 && p[2] == "changedblocks" && r.Method == http.MethodGet:
		return "ListChangedBlocks"
	case len(p) == 4 && p[2] == "blocks" && r.Method == http.MethodGet:
		return "GetSnapshotBlock"
	case len(p) == 4 && p[2] == "blocks" && r.Method == http.MethodPut:
		return "PutSnapshotBlock"
	}
	return ""
}

// Serve answers a request to a region. Who asks was checked before.
func (s *Server) Serve(w http.ResponseWriter, r *http.Request, region string) {
	in := &request{Request: r, region: region, catalog: s.catalog(region)}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	action := Action(r)
	switch action {
	case "":
		Refuse(w, &Fault{"UnknownOperationException", http.StatusNotFound, "", "There is no operation of EBS for " + r.Method + " " + r.URL.Path + "."})
		return
	case "CompleteSnapshot":
		in.snapshot = parts[2]
	case "StartSnapshot":
	default:
		in.snapshot = parts[1]
	}
	if len(parts) == 4 {
		in.block = parts[3]
	}
	actions := map[string]func(http.ResponseWriter, *request) error{
		"StartSnapshot": s.start, "PutSnapshotBlock": s.put, "CompleteSnapshot": s.complete,
		"ListSnapshotBlocks": s.list, "ListChangedBlocks": s.changed, "GetSnapshotBlock": s.get,
	}
	if err := actions[action](w, in); err != nil {
		Refuse(w, err)
	}
}

// Fault is an error in EBS's own words.
type Fault struct {
	Code    string
	Status  int
	Reason  string // of a validation exception and the like, or ""
	Message string
}

func (f *Fault) Error() string { return f.Code + ": " + f.Message }

func invalid(reason, message string) error {
	return &Fault{"ValidationException", http.StatusBadRequest, reason, message}
}

func noSnapshot(id string) error {
	return &Fault{"ResourceNotFoundException", http.StatusNotFound, "SNAPSHOT_NOT_FOUND", "The snapshot '" + id + "' does not exist."}
}

// Refuse answers with an error; one that is no *Fault is the server's own.
func Refuse(w http.ResponseWriter, err error) {
	var f *Fault
	if !errors.As(err, &f) {
		f = &Fault{"InternalServerException", http.StatusInternalServerError, "", err.Error()}
	}
	w.Header().Set("X-Amzn-Errortype", f.Code)
	body := map[string]string{"Message": f.Message}
	if f.Reason != "" {
		body["Reason"] = f.Reason
	}
	answer(w, f.Status, body)
}

func answer(w http.ResponseWriter, status int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		status, raw = http.StatusInternalServerError, []byte(strconv.Quote(err.Error()))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(raw) // a client that is gone needs no answer
}

// look finds a snapshot and says what is wrong with its id.
func (in *request) look(id string) (Snapshot, error) {
	if hex, ok := strings.CutPrefix(id, "snap-"); !ok || hex == "" || strings.Trim(hex, "0123456789abcdef") != "" {
		return Snapshot{}, invalid("INVALID_SNAPSHOT_ID", "The snapshot id '"+id+"' is malformed.")
	}
	found, ok := in.catalog.Look(id)
	if !ok {
		return Snapshot{}, noSnapshot(id)
	}
	return found, nil
}

// number reads a header or parameter that is a number of a range.
func number(name, text string, low, high int64) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < low || n > high {
		return 0, invalid("INVALID_PARAMETER_VALUE", name+" is '"+text+"': it must be a number from "+strconv.FormatInt(low, 10)+" to "+strconv.FormatInt(high, 10)+".")
	}
	return n, nil
}
