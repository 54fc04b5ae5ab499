package ami

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
)

// destroyLimit bounds how long the removal of an artifact may take.
const destroyLimit = 5 * time.Minute

// Artifact describes AMIs as scripts expect it: the id is "region:ami,...", by
// region.
func Artifact(builderID string, acc *access.Account, m Made) *artifact.Artifact {
	regions := slices.Sorted(maps.Keys(m.Images))
	var ids, lines []string
	details := map[string]string{}
	for _, r := range regions {
		ids = append(ids, r+":"+m.Images[r])
		lines = append(lines, r+": "+m.Images[r])
		details["ami."+r] = m.Images[r]
		details["snapshots."+r] = strings.Join(m.Snapshots[r], ",")
	}
	return &artifact.Artifact{
		Builder: builderID, ID: strings.Join(ids, ","), Title: "AMIs were created:\n" + strings.Join(lines, "\n") + "\n", Details: details,
		Destroy: func([]string) error {
			ctx, cancel := context.WithTimeout(context.Background(), destroyLimit)
			defer cancel()
			var errs []error
			for _, r := range regions {
				found, err := image.Describe(ctx, acc.EC2(r), m.Images[r])
				if access.Code(err) == "InvalidAMIID.NotFound" {
					continue
				}
				if err == nil {
					err = image.Remove(ctx, acc.EC2(r), found, true)
				}
				errs = append(errs, err)
			}
			return errors.Join(errs...)
		},
	}
}
