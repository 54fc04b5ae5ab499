package instance

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/ovenbird-io/ovenbird/builders/ebs/network"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
)

// TestRun has what becomes of the instance and of its note in the journal.
func TestRun(t *testing.T) {
	const made = `<RunInstancesResponse><instancesSet><item><instanceId>i-1</instanceId></item></instancesSet></RunInstancesResponse>`
	refusal := func(code string) string {
		return fmt.Sprintf(`<Response><Errors><Error><Code>%s</Code><Message>no</Message></Error></Errors></Response>`, code)
	}
	for _, c := range []struct {
		name   string
		status int
		body   string
		broken bool // the journal is, once the call is made
		id     string
		notes  int
		fails  bool
	}{
		{"launched", http.StatusOK, made, false, "i-1", 1, false},
		{"launched, and not noted", http.StatusOK, made, true, "i-1", 1, true},
		{"refused", http.StatusBadRequest, refusal("InvalidParameterValue"), false, "", 0, true},
		{"nobody knows", http.StatusInternalServerError, refusal("InternalError"), false, "", 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			j, err := journal.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if c.broken {
					_ = j.Close()
				}
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			}))
			defer web.Close()
			client := ec2.New(ec2.Options{
				Region: "eu-west-1", BaseEndpoint: aws.String(web.URL), Retryer: aws.NopRetryer{},
				Credentials: credentials.NewStaticCredentialsProvider("x", "y", ""),
			})
			got, claim, err := (&Options{}).Run(t.Context(), client, Launch{Image: "ami-1", Types: []string{"m5.large"}, Places: []network.Place{{}}, Journal: j}, nil)
			if aws.ToString(got.InstanceId) != c.id || (claim != nil) != (c.id != "") || (err != nil) != c.fails {
				t.Errorf("got %s, %v, %v", aws.ToString(got.InstanceId), claim, err)
			}
			_ = j.Close()
			left, err := j.Left()
			if err != nil || len(left) != c.notes {
				t.Errorf("%v, noted: %+v", err, left)
			}
		})
	}
}
