package source

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
)

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		name string
		o    Options
		want string
	}{
		{"an id", Options{SourceAMI: "ami-1"}, ""},
		{"a filter", Options{SourceAMIFilter: &image.Search{Owners: []string{"self"}}}, ""},
		{"nothing", Options{}, "source_ami: "},
		{"anybody's", Options{SourceAMIFilter: &image.Search{Filters: map[string]string{"name": "a"}}}, "source_ami_filter.owners: "},
		{"both, empty", Options{SourceAMI: "ami-1", SourceAMIFilter: &image.Search{}}, "source_ami_filter: "},
	} {
		err := c.o.Validate()
		if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v", c.name, err)
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
