package imaging

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/amazontest"
	"github.com/ovenbird-io/ovenbird/internal/amazon/ami"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
	"github.com/ovenbird-io/ovenbird/internal/ec2box"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// of is the making of an AMI of an instance.
func of(l *amazontest.Lab, instance, template string, change func(*ami.Options)) (*Imaging, *journal.Journal) {
	l.Helper()
	o := ami.Defaults()
	o.AMIName = "web"
	if change != nil {
		change(&o)
	}
	j, err := journal.Open("")
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { _ = j.Close() })
	d := ami.Data{Run: "run-1", Template: template, Expires: time.Now().Add(time.Hour)}
	return &Imaging{EC2: l.EC2, Instance: instance, Options: &o, Data: d, Out: &ui.UI{}}, j
}

// TestNameTaken has an AMI of the same run have the name: it is what an answer
// that got lost was about only if it was made of the same instance.
func TestNameTaken(t *testing.T) {
	own := journal.Tags("run-1", "folder/a", time.Now().Add(time.Hour))
	for name, c := range map[string]struct {
		other    bool // instance
		untold   bool // which instance it was made of
		template string
		ours     bool
	}{
		"of the instance":                   {false, false, "folder/a", true},
		"of another":                        {true, false, "folder/a", false},
		"of nobody knows which, same build": {true, true, "folder/a", true},
		"of nobody knows which, another":    {true, true, "folder/b", false},
	} {
		t.Run(name, func(t *testing.T) {
			l := amazontest.New(t)
			instance := l.Launch(l.Image, "", nil)
			id := ""
			if c.untold { // a copy does not say
				from := l.Bake(instance, "other", nil)
				made := amazontest.Must[*ec2.CopyImageOutput](l)(l.EC2.CopyImage(t.Context(), &ec2.CopyImageInput{
					Name: aws.String("web"), SourceImageId: from.ImageId, SourceRegion: aws.String(amazontest.Region),
					TagSpecifications: tags.Specifications(own, types.ResourceTypeImage),
				}))
				id = *made.ImageId
			} else {
				id = *l.Bake(instance, "web", own).ImageId
			}
			if c.other {
				instance = l.Launch(l.Image, "", nil)
			}
			i, j := of(l, instance, c.template, nil)
			got, _, err := i.Create(t.Context(), j, journal.Entry{Kind: "image", Name: "web"})
			if c.ours && (err != nil || got != id) || !c.ours && (err == nil || !strings.Contains(err.Error(), "InvalidAMIName.Duplicate")) {
				t.Errorf("got %q, %v; there is %s", got, err, id)
			}
		})
	}
}

// TestLate waits too briefly: only what another run can pick up is noted as
// something to be kept, and nothing is for good.
func TestLate(t *testing.T) {
	for _, key := range []string{"", "key"} {
		l := amazontest.New(t)
		i, j := of(l, l.Launch(l.Image, "", nil), "folder/a", func(o *ami.Options) { o.Patience = 100 * time.Millisecond })
		l.Bake(i.Instance, "first", nil) // when it runs
		l.SetTiming(ec2box.Timing{Image: time.Second})
		id, claim, err := i.Create(t.Context(), j, journal.Entry{Run: "run-1", Kind: "image", Name: "web", Token: key, Expires: i.Data.Expires})
		if err != nil {
			t.Fatal(err)
		}
		if _, err = i.Await(t.Context(), id, claim); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		left, err := j.Left()
		if living, livingErr := j.Living(); len(left) == 0 {
			left, err = living, livingErr
		}
		if err != nil || len(left) != 1 || left[0].ID != id || left[0].Finished != (key != "") {
			t.Errorf("key %q: in the journal %+v, %v", key, left, err)
		}
		found, err := image.Describe(t.Context(), l.EC2, id)
		if until := tags.Of(found, "").SourceAMITags[journal.ExpiresTag]; err != nil || until == journal.Never || until == "" {
			t.Errorf("key %q: expires %q, %v", key, until, err)
		}
	}
}
