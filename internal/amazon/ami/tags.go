package ami

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
)

// Data is what is known of the bake that made an image.
type Data struct {
	tags.Source
	Run      string // the run's UUID
	Template string // what the template is called
	Expires  time.Time
	// Tags are put on images and snapshots below those of the options, already
	// rendered; run_tags are such.
	Tags map[string]string
	Text gotmpl.Funcs
	// Draft says that the image has a name of its own, because the right one is
	// taken until the image is available, or it is only there to be copied.
	Draft bool
	// Claim is the journal's on the image; nil makes none.
	Claim *journal.Claim
	// Image is the image as it is available; its zero value is waited for.
	Image types.Image
	// Borrowed are the snapshots of the image that the template named: they are
	// not tagged, shared or removed.
	Borrowed []string
	// Again says that an earlier run may have made copies.
	Again bool
}

// Own are the snapshots of an image of this bake that it has made.
func (d Data) Own(i types.Image) []string {
	return slices.DeleteFunc(image.Snapshots(i), func(id string) bool { return slices.Contains(d.Borrowed, id) })
}

// Ours are the tags by which what we made is found again.
func (d Data) Ours() map[string]string { return journal.Tags(d.Run, d.Template, d.Expires) }

// ImageTags are the tags of the AMI, rendered.
func (o *Options) ImageTags(d Data) (map[string]string, error) {
	all := d.Ours()
	maps.Copy(all, d.Tags)
	own, err := d.Render(d.Text, tags.Merge(o.Tags, o.Tag))
	maps.Copy(all, own)
	return all, err
}

// SnapshotTagsOf are the tags of its snapshots, rendered.
func (o *Options) SnapshotTagsOf(d Data) (map[string]string, error) {
	all, err := o.ImageTags(d)
	if err != nil {
		return nil, err
	}
	own, err := d.Render(d.Text, tags.Merge(o.SnapshotTags, o.SnapshotTag))
	maps.Copy(all, own)
	return all, err
}

// Description is the text of ami_description, rendered.
func (o *Options) Description(d Data) (string, error) {
	text, err := gotmpl.Render(o.AMIDescription, d.Source, d.Text)
	if err != nil {
		return "", fmt.Errorf("ami_description: %w", err)
	}
	return text, nil
}

// Specify are the specifications that tag a new image and its snapshots.
func (o *Options) Specify(d Data) ([]types.TagSpecification, error) {
	own, err := o.ImageTags(d)
	if err != nil {
		return nil, err
	}
	snapshots, err := o.SnapshotTagsOf(d)
	if err != nil {
		return nil, err
	}
	return append(tags.Specifications(own, types.ResourceTypeImage), tags.Specifications(snapshots, types.ResourceTypeSnapshot)...), nil
}
