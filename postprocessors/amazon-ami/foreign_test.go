package amazonami

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ovenbird-io/ovenbird/internal/amazon/amazontest"
)

// TestForeign makes AMIs at moto, an EC2 that is not ours and knows less, given
// its URL and credentials.
func TestForeign(t *testing.T) {
	addr := amazontest.Moto(t)
	for key, value := range map[string]string{
		"OVENBIRD_STATE_DIR": t.TempDir(), "AWS_ENDPOINT_URL": "http://" + addr, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_REGION": home,
	} {
		t.Setenv(key, value)
	}
	l := &lab{T: t, dir: t.TempDir()}
	for _, letters := range []string{"ab  c", "aX  c"} { // a delta is none there, and must do no harm
		made := l.process(l.ami(func(a *AMI) {
			a.AMI.AMIName, a.AMI.AMIRegions = "web "+letters[1:2], []string{"eu-west-1"}
		}), l.bake(letters))
		for _, region := range []string{home, "eu-west-1"} {
			if i := l.image(made, region); aws.ToString(i.Name) != "web "+letters[1:2] || i.State != "available" {
				t.Errorf("in %s it is %+v", region, i)
			}
		}
	}
}
