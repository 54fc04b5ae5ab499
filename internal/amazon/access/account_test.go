package access_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/amazontest"
	"github.com/ovenbird-io/ovenbird/internal/ec2box"
)

// other is a service that answers everything in one way, and notes who asked.
type other struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string // service and region, as they are signed
}

func newOther(t *testing.T, status int, body string) *other {
	o := &other{}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scope := strings.Split(r.Header.Get("Authorization"), "/")
		if len(scope) > 3 {
			o.mu.Lock()
			o.asked = append(o.asked, scope[3]+" "+scope[2])
			o.mu.Unlock()
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(o.Close)
	return o
}

func key(name string) map[string]string {
	return map[string]string{"AWS_ACCESS_KEY_ID": "AKIA" + name, "AWS_SECRET_ACCESS_KEY": "secret"}
}

const noRegions = `<DescribeRegionsResponse><requestId>1</requestId><regionInfo/></DescribeRegionsResponse>`

// TestEndpoints has clients of every region reach the endpoints that are set.
func TestEndpoints(t *testing.T) {
	for name, set := range map[string]func(t *testing.T, url string) access.Options{
		"AWS_ENDPOINT_URL": func(t *testing.T, url string) access.Options {
			t.Setenv("AWS_ENDPOINT_URL", url)
			return access.Options{}
		},
		"AWS_ENDPOINT_URL_EC2": func(t *testing.T, url string) access.Options {
			t.Setenv("AWS_ENDPOINT_URL_EC2", url)
			return access.Options{SkipCredentialValidation: true}
		},
		"custom_endpoint_ec2": func(t *testing.T, url string) access.Options { return access.Options{CustomEndpointEC2: url} },
		"in the profile": func(t *testing.T, url string) access.Options {
			file := filepath.Join(t.TempDir(), "config")
			if err := os.WriteFile(file, []byte("[profile lab]\nendpoint_url = "+url+"\nregion = eu-west-1\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Setenv("AWS_CONFIG_FILE", file)
			return access.Options{Profile: "lab", AccessKey: "AKIAX", SecretKey: "s"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			amazontest.Env(t, key("ENDPOINTS"))
			t.Setenv("OVENBIRD_STATE_DIR", t.TempDir())
			o := newOther(t, 200, noRegions)
			options := set(t, o.URL)
			acc, err := options.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			first := acc.Region()
			if want := map[bool]string{true: "eu-west-1", false: "us-east-1"}[name == "in the profile"]; first != want {
				t.Errorf("the region is %s", first)
			}
			o.asked = nil
			for _, region := range []string{"", "ap-south-2", "eu-central-1"} {
				if _, err := acc.EC2(region).DescribeRegions(t.Context(), &ec2.DescribeRegionsInput{}); err != nil {
					t.Errorf("%s: %v", region, err)
				}
			}
			if got, want := fmt.Sprint(o.asked), fmt.Sprintf("[ec2 %s ec2 ap-south-2 ec2 eu-central-1]", first); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if acc.Endpoint() != o.URL || !acc.Elsewhere() {
				t.Errorf("the endpoint is %q", acc.Endpoint())
			}
		})
	}
}

func TestOpenFails(t *testing.T) {
	refused := newOther(t, 403, `<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>The security token is invalid.</Message></Error></ErrorResponse>`)
	without := newOther(t, 400, `<ErrorResponse><Error><Code>InvalidAction</Code><Message>No such action.</Message></Error></ErrorResponse>`)
	for name, c := range map[string]struct {
		env  map[string]string
		o    access.Options
		want string
	}{
		"no credentials":       {map[string]string{"AWS_REGION": "eu-west-1"}, access.Options{}, "there are no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or profile or access_key in the template: "},
		"no region":            {key("A"), access.Options{}, "no region is known; set region in the template, or AWS_REGION"},
		"no such profile":      {key("A"), access.Options{Profile: "none", Region: "eu-west-1"}, "loading the configuration of Amazon's services: "},
		"refused":              {map[string]string{"AWS_ENDPOINT_URL": refused.URL}, access.Options{AccessKey: "a", SecretKey: "b"}, "GetCallerIdentity of the credentials: InvalidClientTokenId: The security token is invalid; skip_credential_validation = true leaves that unasked"},
		"refused, but skipped": {map[string]string{"AWS_ENDPOINT_URL": refused.URL}, access.Options{AccessKey: "a", SecretKey: "b", SkipCredentialValidation: true}, ""},
		"it has no such call":  {map[string]string{"AWS_ENDPOINT_URL": without.URL}, access.Options{AccessKey: "a", SecretKey: "b"}, ""},
		"a role refused": {
			map[string]string{"AWS_ENDPOINT_URL": refused.URL},
			access.Options{AccessKey: "a", SecretKey: "b", AssumeRole: &access.AssumeRole{RoleARN: "arn:x"}},
			"AssumeRole of arn:x: InvalidClientTokenId: The security token is invalid",
		},
	} {
		t.Run(name, func(t *testing.T) {
			amazontest.Env(t, c.env)
			t.Setenv("OVENBIRD_STATE_DIR", t.TempDir())
			_, err := c.o.Open(t.Context())
			if got := fmt.Sprint(err); c.want == "" && err != nil || !strings.HasPrefix(got, c.want) && c.want != "" {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestCaller(t *testing.T) {
	l := amazontest.New(t)
	before := len(l.Calls())
	for range 2 {
		caller, err := l.Caller(t.Context())
		if err != nil || caller.Account != "123456789012" || !strings.HasPrefix(caller.ARN, "arn:aws:") {
			t.Errorf("got %+v, %v", caller, err)
		}
	}
	if l.Number() != "123456789012" || len(l.Calls()) != before {
		t.Errorf("asked again: %v", l.Calls()[before:])
	}
	if all, err := l.Regions(t.Context()); err != nil || len(all) != 3 || all[0] != "eu-central-1" {
		t.Errorf("got %v, %v", all, err)
	}
}

// TestRole becomes a role, by the template and by a profile that asks for a code.
func TestRole(t *testing.T) {
	l := amazontest.New(t)
	for _, name := range []string{"baker", "guarded"} {
		trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}`
		if _, err := l.IAM("").CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust}); err != nil {
			t.Fatal(err)
		}
	}
	acc := l.Login(access.Options{AssumeRole: &access.AssumeRole{
		RoleARN: "arn:aws:iam::123456789012:role/baker", DurationSeconds: 1200, SessionName: "night", ExternalID: "e", Policy: "{}",
		PolicyARNs: []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}, Tags: map[string]string{"k": "v"}, TransitiveTagKeys: []string{"k"},
	}})
	if caller, err := acc.Caller(t.Context()); err != nil || !strings.Contains(caller.ARN, "assumed-role/baker/night") {
		t.Errorf("got %+v, %v", caller, err)
	}
	config := filepath.Join(t.TempDir(), "config")
	text := "[profile base]\naws_access_key_id = " + ec2box.AccessKey + "\naws_secret_access_key = " + ec2box.SecretKey +
		"\n[profile mfa]\nsource_profile = base\nrole_arn = arn:aws:iam::123456789012:role/guarded\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", config)
	acc = l.Login(access.Options{Profile: "mfa", MFACode: "123456"})
	if caller, err := acc.Caller(t.Context()); err != nil || !strings.Contains(caller.ARN, "assumed-role/guarded/") {
		t.Errorf("got %+v, %v", caller, err)
	}
	if _, err := (&access.Options{Profile: "mfa"}).Open(t.Context()); err == nil || !strings.Contains(err.Error(), "set mfa_code") {
		t.Errorf("got %v", err)
	}
}
