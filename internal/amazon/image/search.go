package image

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
)

// Search describes the AMI that a template looks for.
type Search struct {
	// Filters of DescribeImages, such as name or root-device-type; several
	// values have commas between them. Default none.
	Filters map[string]string `hcl:"filters,optional"`
	// Accounts whose AMIs are good, or "self", "amazon" or "aws-marketplace".
	// Required.
	Owners []string `hcl:"owners,optional"`
	// Takes the newest when several match, which is an error otherwise. Default
	// false.
	MostRecent bool `hcl:"most_recent,optional"`
	// Takes AMIs that are deprecated, too. Default false.
	IncludeDeprecated bool `hcl:"include_deprecated,optional"`
}

// Find gives the AMI, which may have to be one of these. Option is what the
// search is called in the template, "" if it has no name.
func (s *Search) Find(ctx context.Context, c *ec2.Client, option string, ids ...string) (types.Image, error) {
	in := &ec2.DescribeImagesInput{Owners: s.Owners, Filters: Filters(s.Filters), ImageIds: ids}
	if s.IncludeDeprecated {
		in.IncludeDeprecated = aws.Bool(true)
	}
	var all []types.Image
	for pages := ec2.NewDescribeImagesPaginator(c, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return types.Image{}, access.Explain(err, cmp.Or(option, "the AMI"))
		}
		all = append(all, page.Images...)
	}
	return s.choose(all, option)
}

func (s *Search) choose(all []types.Image, option string) (types.Image, error) {
	if option != "" {
		option = " " + option
	}
	switch {
	case len(all) == 0:
		return types.Image{}, fmt.Errorf("no AMI matches%s; the owners, or the region, may be others", option)
	case len(all) > 1 && !s.MostRecent:
		var some []string
		for _, i := range all[:min(len(all), 5)] {
			some = append(some, fmt.Sprintf("%s (%s)", aws.ToString(i.ImageId), aws.ToString(i.Name)))
		}
		return types.Image{}, fmt.Errorf("%d AMIs match%s, such as %s; say more, or set most_recent = true", len(all), option, strings.Join(some, ", "))
	}
	return slices.MaxFunc(all, func(a, b types.Image) int {
		return cmp.Compare(aws.ToString(a.CreationDate), aws.ToString(b.CreationDate))
	}), nil
}

// Filters are filters as EC2 takes them, by name; commas separate values.
func Filters(filters map[string]string) []types.Filter {
	var all []types.Filter
	for _, name := range slices.Sorted(maps.Keys(filters)) {
		all = append(all, types.Filter{Name: aws.String(name), Values: strings.Split(filters[name], ",")})
	}
	return all
}
