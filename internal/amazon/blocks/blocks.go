// Package blocks puts a disk into an EBS snapshot through the EBS direct APIs,
// block by block, with no instance and no bucket. What an interruption left is
// gone on with, and of a disk whose earlier snapshot is there only what changed
// is sent.
package blocks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ebs"
	"github.com/aws/aws-sdk-go-v2/service/ebs/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/trying"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Size is the size of a block, in bytes. Servers tell one, too, and some tell
// a wrong one; there is no other.
const Size = 512 << 10

// GiB is the unit of the sizes of volumes, in bytes.
const GiB = 1 << 30

// Disk is what goes into a snapshot. It is read by several goroutines at once
// and must not change meanwhile.
type Disk interface {
	io.ReaderAt
	Size() int64 // bytes
	// Next gives the first range at or after off, in bytes, that may hold
	// anything but zeroes; it begins at Size when there is none.
	Next(off int64) (from, to int64, err error)
}

// Options say what the snapshot is to be, and how it is sent.
type Options struct {
	Description string            // 255 bytes at most
	Tags        map[string]string // of the snapshot
	SizeGiB     int64             // of the volume; 0 or too small: what holds the disk
	Encrypted   bool
	KMSKey      string // ARN; "" is the account's default
	// Parent is a completed snapshot of an earlier state of the same disk, or
	// "". Its encryption is the new one's, so it is not used with Encrypted.
	Parent string

	// Folder keeps what has been sent, for another try after an interruption
	// and for later deltas; "" keeps nothing.
	Folder string
	// Identity tells apart what goes on with the same upload: the disk and its
	// state, the account, the region.
	Identity string

	Workers  int           // blocks sent at once; 0 is 32
	Limit    time.Duration // for all of it; 0 is 12 hours
	Patience time.Duration // for one request and its repetitions; 0 is 10 minutes

	// Creating is told the client token before a snapshot is started, Created
	// its id, also that of an interrupted run; Refused is told the token with
	// which nothing was made, Abandoned a snapshot that is of no use any more.
	// All may be nil.
	Creating  func(token string) error
	Refused   func(token string) error
	Created   func(token, id string) error
	Abandoned func(ctx context.Context, id string) error
	// Exists tells whether a snapshot that an earlier run has completed is still
	// there; nil is yes.
	Exists func(ctx context.Context, id string) (bool, error)

	Out *ui.UI
}

// Snapshot is a snapshot that was completed; EC2 may need a while to say so.
type Snapshot struct {
	ID       string
	SizeGiB  int64
	Parent   string // what it is a delta to, or ""
	Sent     int    // blocks put, in this and in interrupted runs
	Known    int    // of these, the blocks that an interrupted run had put
	Same     int    // blocks that the parent has just so
	NonEmpty int    // blocks of the disk that are not zero

	log, record string // paths
}

// Keep says that the snapshot is in use: what is known of it serves later
// deltas, and another Upload of the same disk makes another one. Until then it
// would give this one again.
func (s Snapshot) Keep() error {
	if s.log == "" {
		return nil
	}
	if err := os.Rename(s.log, s.record); err != nil {
		return fmt.Errorf("keeping what was sent: %w", err)
	}
	return nil
}

// Discard forgets the snapshot, which is not going to be used.
func (s Snapshot) Discard() error {
	if s.log == "" {
		return nil
	}
	return os.Remove(s.log)
}

// errChanged says that the disk is not what an interrupted upload sent.
var errChanged = errors.New("the disk changed since a part of it was sent")

// errGone says that a snapshot that an earlier run has completed is deleted.
var errGone = errors.New("it was deleted")

// Upload makes a snapshot of a disk. When it fails, what was sent stays, and
// the same call with the same Folder and Identity goes on from there.
func Upload(ctx context.Context, c *ebs.Client, disk Disk, o Options) (Snapshot, error) {
	o.defaults(disk)
	ctx, cancel := context.WithTimeoutCause(ctx, o.Limit, fmt.Errorf("the snapshot was not complete within %s", o.Limit))
	defer cancel()
	u := &upload{client: trying.Client(c, o.Workers), disk: disk, Options: o}
	for again := false; ; again = true {
		snapshot, err := u.once(ctx)
		if !again && u.stale(err) {
			o.Out.Detail("The interrupted upload cannot be gone on with (%s); starting anew", err)
			if err = u.abandon(ctx); err == nil {
				continue
			}
		}
		if err != nil {
			return Snapshot{}, err
		}
		return snapshot, nil
	}
}

func (o *Options) defaults(disk Disk) {
	o.SizeGiB = max(o.SizeGiB, (disk.Size()+GiB-1)/GiB, 1)
	if o.Workers <= 0 {
		o.Workers = 32
	}
	if o.Limit <= 0 {
		o.Limit = 12 * time.Hour
	}
	if o.Patience <= 0 {
		o.Patience = 10 * time.Minute
	}
	if o.Encrypted {
		o.Parent = ""
	}
}

// upload is one Upload.
type upload struct {
	Options
	client   *ebs.Client
	disk     Disk
	asked    bool // an earlier run asked for the snapshot
	resumed  bool // and knew that it was started
	log      *log
	parent   *parent // nil is none
	progress *ui.Progress
	total    int64 // bytes to look at
	tally    tally
}

// once goes through all steps, with a snapshot that is there or a new one.
func (u *upload) once(ctx context.Context) (Snapshot, error) {
	var err error
	if u.log, err = openLog(u.Folder, u.key()); err != nil {
		return Snapshot{}, err
	}
	defer u.log.close()
	u.tally = tally{}
	u.asked = u.log.request != nil
	if u.resumed = u.log.snapshot != ""; u.log.complete {
		return u.again(ctx)
	}
	if err := u.start(ctx); err != nil {
		return Snapshot{}, err
	}
	if err := u.send(ctx); err != nil {
		return Snapshot{}, fmt.Errorf("writing snapshot %s: %w", u.log.snapshot, err)
	}
	if err := u.complete(ctx); err != nil {
		return Snapshot{}, fmt.Errorf("completing snapshot %s: %w", u.log.snapshot, err)
	}
	return u.made(), nil
}

func (u *upload) made() Snapshot {
	s := Snapshot{
		ID: u.log.snapshot, SizeGiB: u.SizeGiB, Parent: u.parentID(),
		Sent: len(u.log.sent), Known: u.tally.known, Same: u.tally.same, NonEmpty: u.log.nonEmpty(),
	}
	if u.log.path != "" {
		s.log, s.record = u.log.path, recordOf(u.Folder, s.ID)
	}
	return s
}

// again gives the snapshot that an earlier run has completed.
func (u *upload) again(ctx context.Context) (Snapshot, error) {
	if u.Exists != nil {
		there, err := u.Exists(ctx, u.log.snapshot)
		if err == nil && !there {
			err = errGone
		}
		if err != nil {
			return Snapshot{}, err
		}
	}
	u.Out.Say("Snapshot %s was sent by an earlier run", u.log.snapshot)
	u.tally.known, u.tally.same = len(u.log.sent), len(u.log.same)
	return u.made(), u.created()
}

// key names the upload among those in the folder.
func (u *upload) key() string {
	return fmt.Sprintf("%s, %d GiB, encrypted %t %q, parent %q", u.Identity, u.SizeGiB, u.Encrypted, u.KMSKey, u.Parent)
}

// stale tells that an interrupted run left what cannot be gone on with: the
// disk changed, the snapshot takes no blocks any more, or it was asked for in
// other words.
func (u *upload) stale(err error) bool {
	var missing *types.ResourceNotFoundException
	var wrong *types.ValidationException
	var other *types.ConflictException
	return errors.Is(err, errChanged) || errors.Is(err, errGone) || errors.As(err, &other) || u.asked && (errors.As(err, &missing) || errors.As(err, &wrong))
}

// abandon forgets an upload that cannot be gone on with.
func (u *upload) abandon(ctx context.Context) error {
	err := u.log.forget()
	if u.Abandoned != nil && u.log.snapshot != "" {
		err = errors.Join(err, u.Abandoned(ctx, u.log.snapshot))
	}
	return err
}
