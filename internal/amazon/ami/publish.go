package ami

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/together"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Made is an AMI, by region.
type Made struct {
	Images    map[string]string   // region to AMI
	Snapshots map[string][]string // region to the snapshots of its AMI
}

// place is the AMI in one region.
type place struct {
	region string
	image  types.Image
	claim  *journal.Claim
	draft  bool // it has a name of its own until those with the right one are gone
}

func (p *place) id() string { return aws.ToString(p.image.ImageId) }

// publisher makes of one image what the options ask for.
type publisher struct {
	*Options
	acc  *access.Account
	j    *journal.Journal
	data Data
	out  *ui.UI
}

// Publish waits for an image of region, and makes of it what the options ask
// for: copies, sharing, tags, and in the end the old ones gone. When it fails or
// ctx ends, what is finished stays, and the journal knows of it.
func (o *Options) Publish(ctx context.Context, acc *access.Account, j *journal.Journal, id, region string, data Data, out *ui.UI) (Made, error) {
	p := &publisher{Options: o, acc: acc, j: j, data: data, out: out}
	first := &place{region: region, claim: data.Claim, draft: data.Draft && !o.Drafts()}
	if first.image = data.Image; first.id() != id {
		var err error
		if first.image, err = image.Await(ctx, acc.EC2(region), id, o.Patience, out); err != nil {
			return Made{}, err
		}
	}
	if err := finished(first.claim); err != nil {
		return Made{}, err
	}
	places, err := p.spread(ctx, first)
	if err != nil {
		return Made{}, p.kept(places, err)
	}
	if err := p.settle(ctx, places); err != nil {
		return Made{}, p.kept(places, err)
	}
	if o.Drafts() {
		out.Say("removing the intermediate AMI %s", id)
		if err := image.RemoveWith(ctx, acc.EC2(region), first.image, data.Own(first.image)); err != nil {
			return Made{}, p.kept(places, err)
		}
		places = append(places, first) // only to be struck
	}
	m := Made{Images: map[string]string{}, Snapshots: map[string][]string{}}
	for _, pl := range places {
		if pl.claim != nil {
			if err := pl.claim.Struck(); err != nil {
				return Made{}, err
			}
		}
		if pl != first || !o.Drafts() {
			m.Images[pl.region], m.Snapshots[pl.region] = pl.id(), data.Own(pl.image)
		}
	}
	return m, nil
}

// spread gives the AMI in every region it is wanted in; all are available.
func (p *publisher) spread(ctx context.Context, first *place) ([]*place, error) {
	var places []*place
	if !p.Drafts() {
		places = append(places, first)
	}
	regions := p.Regions(first.region)
	if p.Encrypts() && !p.SkipSaveBuildRegion {
		regions = append([]string{first.region}, regions...)
	}
	made := make([]*place, len(regions))
	err := together.Each(len(regions), func(i int) error {
		var err error
		made[i], err = p.copy(ctx, first, regions[i])
		return err
	})
	for _, pl := range made {
		if pl != nil {
			places = append(places, pl)
		}
	}
	return places, err
}

// settle puts the AMI of every region in the place of those it replaces, and
// gives it its attributes and tags.
func (p *publisher) settle(ctx context.Context, places []*place) error {
	if p.ForceDeregister {
		if err := together.Each(len(places), func(i int) error { return p.replace(ctx, places[i]) }); err != nil {
			return err
		}
	}
	return together.Each(len(places), func(i int) error { return p.apply(ctx, places[i]) })
}

// kept adds to an error what is finished nonetheless; gc removes it when it
// expires, unless it is published by then.
func (p *publisher) kept(places []*place, err error) error {
	for _, pl := range places {
		err = fmt.Errorf("%w; %s in %s is finished and kept until %s", err, pl.id(), pl.region, p.data.Expires.UTC().Format(time.RFC3339))
	}
	return err
}

// finished tells the journal that there is something to be kept.
func finished(c *journal.Claim) error {
	if c == nil {
		return nil
	}
	return c.Finished()
}
