package image

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func images(dates ...string) []types.Image {
	var all []types.Image
	for _, d := range dates {
		all = append(all, types.Image{ImageId: aws.String("ami-" + d), CreationDate: aws.String(d)})
	}
	return all
}

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		name   string
		f      Search
		images []types.Image
		want   string // id, or a part of the error
	}{
		{"one", Search{}, images("2026"), "ami-2026"},
		{"the newest", Search{MostRecent: true}, images("2025", "2027", "2026"), "ami-2027"},
		{"none", Search{}, nil, "no AMI matches"},
		{"several", Search{}, images("2025", "2026"), "2 AMIs match source_ami_filter, such as ami-2025 (), ami-2026 ()"},
	} {
		got, err := c.f.choose(c.images, "source_ami_filter")
		if err == nil && aws.ToString(got.ImageId) != c.want || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %s, %v", c.name, aws.ToString(got.ImageId), err)
		}
	}
}

func TestFilters(t *testing.T) {
	got := Filters(map[string]string{"name": "a,b", "architecture": "arm64"})
	if len(got) != 2 || *got[0].Name != "architecture" || len(got[1].Values) != 2 || got[1].Values[1] != "b" {
		t.Errorf("got %+v", got)
	}
}
