package access_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/amazontest"
	"github.com/ovenbird-io/ovenbird/internal/ec2box"
)

func TestExplain(t *testing.T) {
	l := amazontest.New(t)
	describe := func(o access.Options) error {
		_, err := l.Login(o).EC2("").DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{"i-0123456789abcdef0"}})
		return access.Explain(err, "i-0123456789abcdef0")
	}
	err := describe(access.Options{})
	var api smithy.APIError
	var call *access.CallError
	if !errors.As(err, &api) || access.Code(err) != "InvalidInstanceID.NotFound" || !strings.HasPrefix(err.Error(), "DescribeInstances of i-0123456789abcdef0: InvalidInstanceID.NotFound: The instance ID") ||
		!errors.As(err, &call) || call.Action != "DescribeInstances" || call.Missing != "" || access.Explain(err, "again").Error() != err.Error() {
		t.Errorf("got %v", err)
	}
	l.Inject(ec2box.Fault{Action: "DescribeInstances", Times: -1, Code: "UnauthorizedOperation"})
	for name, c := range map[string]struct {
		o          access.Options
		want, miss string
	}{
		"not decoded": {access.Options{}, "; allow ec2:DescribeInstances; decode_authorization_messages = true tells why", "ec2:DescribeInstances"},
		"decoded":     {access.Options{DecodeAuthorizationMessages: true}, "; allow ec2:DescribeInstances", "ec2:DescribeInstances"},
	} {
		err = describe(c.o)
		if !errors.As(err, &call) || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(call.Missing, c.miss) || len(err.Error()) > 700 || access.Code(err) != "UnauthorizedOperation" {
			t.Errorf("%s: got %v, missing %q", name, err, call.Missing)
		}
		if strings.Contains(err.Error(), "decode_auth") != (name == "not decoded") || strings.Contains(err.Error(), "Encoded") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	l.Inject(ec2box.Fault{Action: "DecodeAuthorizationMessage", Times: -1, Code: "AccessDenied"})
	if err = describe(access.Options{DecodeAuthorizationMessages: true}); !strings.Contains(err.Error(), "the refusal could not be decoded: DecodeAuthorizationMessage of the message: AccessDenied") {
		t.Errorf("got %v", err)
	}
}

// TestUnanswered has nobody there, and somebody who says nothing of use.
func TestUnanswered(t *testing.T) {
	amazontest.Env(t, key("NOBODY"))
	t.Setenv("OVENBIRD_STATE_DIR", t.TempDir())
	odd := newOther(t, 200, "<html>")
	gone := newOther(t, 200, "")
	gone.Close()
	for url, want := range map[string]string{
		gone.URL: "GetCallerIdentity of us: dial tcp 127.0.0.1:", odd.URL: "GetCallerIdentity of us: ",
	} {
		t.Setenv("AWS_ENDPOINT_URL", url)
		acc, err := (&access.Options{SkipCredentialValidation: true, MaxRetries: 1}).Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, err = acc.STS().GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		if err = access.Explain(err, "us"); err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "https response error") {
			t.Errorf("got %v, want %s", err, want)
		}
		if url == gone.URL && !strings.Contains(err.Error(), "(tried 2 times)") {
			t.Errorf("got %v", err)
		}
	}
}

// TestThrottled has the service refuse the calls of two logins: they slow down
// together, and no call is lost.
func TestThrottled(t *testing.T) {
	l := amazontest.New(t)
	l.Inject(ec2box.Fault{Action: "DescribeRegions", Times: 6, Code: "RequestLimitExceeded"})
	one, two := l.Login(access.Options{}), l.Login(access.Options{})
	began := time.Now()
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			acc := []*access.Account{one, two}[i%2]
			if _, err := acc.EC2("").DescribeRegions(t.Context(), &ec2.DescribeRegionsInput{AllRegions: aws.Bool(true)}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if took := time.Since(began); took < 500*time.Millisecond || took > 40*time.Second {
		t.Errorf("it took %s", took)
	}
}

// TestLacks tells what a server cannot do from what it does not do just now.
func TestLacks(t *testing.T) {
	amazontest.Env(t, key("LACKS"))
	t.Setenv("OVENBIRD_STATE_DIR", t.TempDir())
	code := func(c string) string {
		return "<Response><Errors><Error><Code>" + c + "</Code><Message>m</Message></Error></Errors></Response>"
	}
	for name, c := range map[string]struct {
		status int
		body   string
		want   bool
	}{
		"no such action":  {400, code("InvalidAction"), true},
		"not implemented": {501, code("InternalFailure"), true},
		"not found":       {404, "", true},
		"refused":         {403, code("UnauthorizedOperation"), false},
		"trouble":         {500, code("InternalError"), false},
		"a bad gateway":   {502, "<html>", false},
		"too many":        {503, code("RequestLimitExceeded"), false},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOther(t, c.status, c.body)
			acc, err := (&access.Options{CustomEndpointEC2: o.URL}).Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			_, err = acc.EC2("").DescribeRegions(ctx, &ec2.DescribeRegionsInput{}, func(o *ec2.Options) { o.RetryMaxAttempts = 1; o.Retryer = aws.NopRetryer{} })
			if got := acc.Lacks(err); err == nil || got != c.want {
				t.Errorf("got %t of %v", got, err)
			}
		})
	}
}
