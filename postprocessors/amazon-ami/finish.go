package amazonami

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/ami"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
)

// identity tells the disk and its state, and where it goes.
func (b *bake) identity() (string, error) {
	path, err := filepath.Abs(b.disk)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %d %d at %s %s %s", path, info.Size(), info.ModTime().UnixNano(), b.acc.Region(), b.acc.Endpoint(), b.acc.Number()), nil
}

// key tells apart the AMIs that are made of a disk.
func (b *bake) key(identity string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s as %s %s %s %s %s %d %s", identity, b.data.Template, b.Architecture, b.BootMode, b.TPMSupport, b.RootDeviceName, b.VolumeSize, b.VolumeType))
	return hex.EncodeToString(sum[:])
}

// finish picks up the AMI that an earlier run had registered of the same disk
// when it was interrupted, and publishes it; found says whether there is one.
func (b *bake) finish(ctx context.Context, key string) (made ami.Made, found bool, err error) {
	left, err := b.journal.Adopt(func(e journal.Entry) bool {
		return e.Kind == "image" && e.ID != "" && e.Token == key && e.Of(b.acc.Number()) && e.Region == b.acc.Region() && e.Endpoint == b.acc.Endpoint() && time.Now().Before(e.Expires)
	})
	if err != nil {
		return made, false, err
	}
	for _, claim := range left {
		if made, found, err = b.publishAgain(ctx, claim); found || err != nil {
			return made, found, err
		}
	}
	return made, false, nil
}

func (b *bake) publishAgain(ctx context.Context, claim *journal.Claim) (made ami.Made, found bool, err error) {
	e := claim.Entry()
	there, err := image.Describe(ctx, b.ec2, e.ID)
	switch {
	case access.Code(err) == "InvalidAMIID.NotFound":
		return made, false, claim.Struck()
	case err != nil:
		return made, false, err
	case there.State != types.ImageStateAvailable && there.State != types.ImageStatePending:
		return made, false, errors.Join(image.Remove(ctx, b.ec2, there, true), claim.Struck())
	}
	b.out.Say("An earlier run was interrupted when it had registered %s: it is picked up", e.ID)
	b.data.Again, b.data.Claim, b.data.Draft = true, claim, aws.ToString(there.Name) != e.Name
	b.options.AMIName = e.Name
	b.data.Tags = map[string]string{encryptionTag: b.encryption().asked}
	if encrypted(there) { // as it was written, so that no copy has to be
		b.options.EncryptBoot = nil
	}
	if made, err = b.options.Publish(ctx, b.acc, b.journal, e.ID, b.acc.Region(), b.data, b.out); err != nil {
		return made, true, err
	}
	copies, err := b.journal.Adopt(func(o journal.Entry) bool {
		return o.Kind == "image" && o.Of(e.Account) && o.Run == e.Run && o.ID == made.Images[o.Region]
	})
	for _, c := range copies {
		err = errors.Join(err, c.Struck())
	}
	return made, true, err
}

func encrypted(i types.Image) bool {
	for _, m := range i.BlockDeviceMappings {
		if m.Ebs != nil && aws.ToBool(m.Ebs.Encrypted) {
			return true
		}
	}
	return false
}
