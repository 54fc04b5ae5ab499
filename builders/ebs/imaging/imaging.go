// Package imaging has EC2 make an AMI of an instance.
package imaging

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/ami"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/amazon/outlast"
	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Imaging is about to make an AMI.
type Imaging struct {
	EC2      *ec2.Client
	Instance string // its id
	Options  *ami.Options
	Data     ami.Data
	Disks    []types.BlockDeviceMapping
	Out      *ui.UI
}

// createLimit bounds how long the instance may be in the wrong state.
const createLimit = 15 * time.Minute

// Create has EC2 make the AMI; entry is what the journal notes of it.
func (i *Imaging) Create(ctx context.Context, j *journal.Journal, entry journal.Entry) (id string, claim *journal.Claim, err error) {
	in, err := i.input()
	if err != nil {
		return "", nil, err
	}
	name := *in.Name
	i.Out.Say("Creating AMI %s from instance %s", name, i.Instance)
	if claim, err = j.Intend(entry); err != nil {
		return "", nil, err
	}
	err = access.Poll(ctx, createLimit, i.Instance+" to be ready to be imaged", func(ctx context.Context) (bool, error) {
		got, err := outlast.Do(ctx, func(ctx context.Context) (*ec2.CreateImageOutput, error) {
			return i.EC2.CreateImage(ctx, in, i.tries(in))
		})
		if err != nil && ctx.Err() == nil && access.Code(err) == "" && i.simplify(in) {
			return false, nil
		}
		switch access.Code(err) {
		case "IncorrectState", "IncorrectInstanceState":
			return false, nil
		case "InvalidAMIName.Duplicate": // ours, if an answer got lost
			if id = i.made(ctx, name); id != "" {
				return true, nil
			}
		}
		if err != nil {
			return false, access.Explain(err, name)
		}
		id = aws.ToString(got.ImageId)
		return true, nil
	})
	if err != nil {
		if access.Code(err) != "" {
			err = errors.Join(err, claim.Struck())
		}
		return "", nil, err
	}
	i.Out.Detail("AMI: %s", id)
	return id, claim, claim.Made(id)
}

// tries has a server that is not Amazon's called once, as long as the call can
// be made simpler.
func (i *Imaging) tries(in *ec2.CreateImageInput) func(*ec2.Options) {
	return func(o *ec2.Options) {
		if o.BaseEndpoint != nil && len(in.TagSpecifications) > 1 {
			o.Retryer = retry.AddWithMaxAttempts(o.Retryer, 1)
		}
	}
}

// simplify leaves the tags of the snapshots for later, for servers that are not
// Amazon's and cannot take them now.
func (i *Imaging) simplify(in *ec2.CreateImageInput) bool {
	all := len(in.TagSpecifications)
	if i.EC2.Options().BaseEndpoint == nil {
		return false
	}
	in.TagSpecifications = slices.DeleteFunc(in.TagSpecifications, func(s types.TagSpecification) bool { return s.ResourceType == types.ResourceTypeSnapshot })
	return len(in.TagSpecifications) < all
}

func (i *Imaging) input() (*ec2.CreateImageInput, error) {
	specs, err := i.Options.Specify(i.Data)
	if err != nil {
		return nil, err
	}
	description, err := i.Options.Description(i.Data)
	if err != nil {
		return nil, err
	}
	name := i.Options.AMIName
	if i.Data.Draft {
		name = ami.DraftName(name)
	}
	in := &ec2.CreateImageInput{InstanceId: aws.String(i.Instance), Name: aws.String(name), BlockDeviceMappings: i.Disks, TagSpecifications: specs}
	if description != "" {
		in.Description = aws.String(description)
	}
	return in, nil
}

// made is the AMI of that name that was made of this instance, "" if there is
// none. Where the service does not tell the instance, the tags do.
func (i *Imaging) made(ctx context.Context, name string) string {
	all, err := image.Named(ctx, i.EC2, name)
	if err != nil {
		return ""
	}
	for _, found := range all {
		from, all := aws.ToString(found.SourceInstanceId), tags.Of(found, "").SourceAMITags
		bakes := all[journal.RunTag] == i.Data.Run && all[journal.TemplateTag] == i.Data.Template
		if from == i.Instance || from == "" && bakes {
			return aws.ToString(found.ImageId)
		}
	}
	return ""
}

// removeLimit bounds how long the removal of a failed AMI may take.
const removeLimit = 2 * time.Minute

// Await waits until the AMI is available. One that cannot become so is removed;
// one that only takes long, or that nobody waits for any more, is kept for the
// next run if that can pick it up.
func (i *Imaging) Await(ctx context.Context, id string, claim *journal.Claim) (types.Image, error) {
	i.Out.Say("Waiting for AMI to become ready...")
	made, err := image.Await(ctx, i.EC2, id, i.Options.Patience, i.Out)
	var failed *image.FailedError
	switch {
	case err == nil:
		return made, claim.Finished()
	case !errors.As(err, &failed) && claim.Entry().Token == "":
		i.Out.Warn("%s is still being made, and no other run can pick it up: gc removes it", id)
		return made, err
	case !errors.As(err, &failed):
		i.Out.Warn("%s is still being made, and kept until %s: the next run of what is the same picks it up", id, i.Data.Expires.Format(time.RFC3339))
		return made, errors.Join(err, claim.Finished())
	}
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeLimit)
	defer cancel()
	if err := image.RemoveWith(clean, i.EC2, made, i.Data.Own(made)); err != nil {
		return made, errors.Join(failed, err)
	}
	return made, errors.Join(failed, claim.Struck())
}
