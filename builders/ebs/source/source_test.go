package source

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		name string
		o    Options
		want string
	}{
		{"an id", Options{SourceAMI: "ami-1"}, ""},
		{"a filter", Options{SourceAMIFilter: &Filter{Owners: []string{"self"}}}, ""},
		{"nothing", Options{}, "source_ami: "},
		{"anybody's", Options{SourceAMIFilter: &Filter{Filters: map[string]string{"name": "a"}}}, "source_ami_filter.owners: "},
		{"both, empty", Options{SourceAMI: "ami-1", SourceAMIFilter: &Filter{}}, "source_ami_filter: "},
	} {
		err := c.o.Validate()
		if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

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
		f      Filter
		images []types.Image
		want   string // id, or a part of the error
	}{
		{"one", Filter{}, images("2026"), "ami-2026"},
		{"the newest", Filter{MostRecent: true}, images("2025", "2027", "2026"), "ami-2027"},
		{"none", Filter{}, nil, "no AMI matches"},
		{"several", Filter{}, images("2025", "2026"), "2 AMIs match source_ami_filter, such as ami-2025 (), ami-2026 ()"},
	} {
		got, err := c.f.choose(c.images)
		if err == nil && aws.ToString(got.ImageId) != c.want || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %s, %v", c.name, aws.ToString(got.ImageId), err)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name     string
		image    types.Image
		virtual  string
		enhanced bool
		want     string
	}{
		{"fine", types.Image{RootDeviceType: "ebs", VirtualizationType: "hvm"}, "hvm", true, ""},
		{"a service that does not say", types.Image{}, "hvm", true, ""},
		{"an instance store", types.Image{RootDeviceType: "instance-store"}, "", false, "no EBS volume"},
		{"another kind", types.Image{VirtualizationType: "paravirtual"}, "hvm", false, "ami_virtualization_type"},
		{"enhanced networking", types.Image{VirtualizationType: "paravirtual"}, "", true, "needs hvm"},
	} {
		err := Check(c.image, c.virtual, c.enhanced)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

func TestToEC2(t *testing.T) {
	got := ToEC2(map[string]string{"name": "a,b", "architecture": "arm64"})
	if len(got) != 2 || *got[0].Name != "architecture" || len(got[1].Values) != 2 || got[1].Values[1] != "b" {
		t.Errorf("got %+v", got)
	}
}
