package ebs

import (
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/ec2box"
)

// TestOtherAccount has notes of AMIs of the same key in accounts that are not
// ours: they stay.
func TestOtherAccount(t *testing.T) {
	l := newLab(t, ec2box.Timing{})
	b := l.builder(nil)
	if err := b.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open("")
	if err != nil {
		t.Fatal(err)
	}
	for _, account := range []string{"999999999999", ""} {
		if _, err := j.Intend(journal.Entry{
			Region: b.acc.Region(), Endpoint: b.acc.Endpoint(), Account: account, Kind: "image", Token: "key", ID: "ami-0123456789abcdef0", Expires: time.Now().Add(time.Hour),
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if made, _, err := b.Finish(t.Context(), "key", time.Time{}, l.out()); made != nil || err != nil {
		t.Errorf("finished %v, %v", made, err)
	}
	if left, err := j.Left(); err != nil || len(left) != 2 {
		t.Errorf("%v, the journal has %+v", err, left)
	}
}
