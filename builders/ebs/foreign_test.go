package ebs

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/amazontest"
	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
)

// TestForeign bakes at moto, an EC2 that is not ours and knows less, given its
// URL and credentials.
func TestForeign(t *testing.T) {
	addr := amazontest.Moto(t)
	l := &lab{T: t, ssh: sshtest.Start(t)}
	l.addr = l.ssh.Addr
	l.handler = httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: addr})
	web := httptest.NewServer(http.HandlerFunc(l.serve))
	t.Cleanup(web.Close)
	for key, value := range map[string]string{
		"OVENBIRD_STATE_DIR": t.TempDir(), "AWS_ENDPOINT_URL": web.URL, "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "x",
		"AWS_SECRET_ACCESS_KEY": "y", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
	} {
		t.Setenv(key, value)
	}
	acc, err := (&access.Options{}).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all, err := acc.EC2("").DescribeImages(t.Context(), &ec2.DescribeImagesInput{})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all.Images, func(i types.Image) bool { return i.RootDeviceType == types.DeviceTypeEbs && i.Platform == "" })
	l.image = aws.ToString(all.Images[i].ImageId)
	made, err := l.bake(t.Context(), l.builder(func(b *Builder) {
		b.SSH.Host = "127.0.0.1"
		b.AMI.AMIRegions, b.AMI.AMIUsers, b.AMI.Tags = []string{"us-east-1"}, []string{"111122223333"}, map[string]string{"a": "b"}
	}))
	if err != nil {
		t.Fatal(err)
	}
	if err := (&Builder{acc: acc}).Stands(t.Context(), made); err != nil {
		t.Error(err)
	}
	l.forgotten()
}
