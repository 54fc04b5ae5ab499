package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// signed is a request as the SDK signs it, and then as a server gets it.
func signed(t *testing.T, method, target, body, token string, at time.Time) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	r.Header.Set("X-Amz-Target", "a   b")
	sum := sha256.Sum256([]byte(body))
	digest := hex.EncodeToString(sum[:])
	if method == http.MethodPut {
		digest = "UNSIGNED-PAYLOAD"
		r.Header.Set("X-Amz-Content-Sha256", digest)
	}
	err := v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: "AK", SecretAccessKey: "SK", SessionToken: token}, r, digest, "ec2", "eu-west-1", at)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestVerify(t *testing.T) {
	keys := map[string]Key{"AK": {Secret: "SK"}}
	temporary := map[string]Key{"AK": {Secret: "SK", Token: "T", Until: now.Add(time.Minute)}}
	later := map[string]Key{"AK": {Secret: "SK", Token: "T", Until: now.Add(-time.Minute)}}
	ok := Reason(-1)
	for name, c := range map[string]struct {
		method, target, body, token string
		at                          time.Time
		keys                        map[string]Key
		change                      func(*http.Request)
		want                        Reason
	}{
		"post":            {body: "Action=X&A=1"},
		"path and query":  {method: "GET", target: "/snap shots/a%3Ab/blocks?z=1&blockToken=a%2Bb%2F%3D&c=x%20y"},
		"unsigned body":   {method: "PUT", target: "/snapshots/snap-1/blocks/1", body: "xyz"},
		"session":         {token: "T", keys: temporary},
		"session expired": {token: "T", keys: later, want: WrongToken},
		"no token":        {keys: temporary, want: WrongToken},
		"a token too":     {token: "T", want: WrongToken},
		"unknown key":     {keys: map[string]Key{}, want: UnknownKey},
		"wrong secret":    {keys: map[string]Key{"AK": {Secret: "sk"}}, want: Mismatch},
		"late":            {at: now.Add(-6 * time.Minute), want: Expired},
		"early":           {at: now.Add(6 * time.Minute), want: Expired},
		"a little late":   {at: now.Add(-4 * time.Minute)},
		"other body":      {body: "A=1", change: func(r *http.Request) { r.Body = http.NoBody }, want: Mismatch},
		"other query":     {target: "/?a=1", change: func(r *http.Request) { r.URL.RawQuery = "a=2" }, want: Mismatch},
		"other header":    {change: func(r *http.Request) { r.Header.Set("X-Amz-Target", "b") }, want: Mismatch},
		"header unsigned": {change: func(r *http.Request) { r.Header.Set("X-Amz-Other", "b") }, want: Malformed},
		"not signed":      {change: func(r *http.Request) { r.Header.Del("Authorization") }, want: Missing},
		"other algorithm": {change: func(r *http.Request) { r.Header.Set("Authorization", "Basic abc") }, want: Malformed},
		"cut short":       {change: func(r *http.Request) { r.Header.Set("Authorization", algorithm+" Credential=a/b") }, want: Malformed},
		"other day": {change: func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "20261124", "20261123", 1))
		}, want: Malformed},
		"body for nothing": {body: "a", change: func(r *http.Request) {
			r.Header.Set("X-Amz-Content-Sha256", "00")
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "x-amz-date", "x-amz-content-sha256;x-amz-date", 1))
		}, want: WrongBody},
	} {
		if c.method == "" {
			c.method = http.MethodPost
		}
		if c.target == "" {
			c.target = "/"
		}
		c.target = strings.ReplaceAll(c.target, " ", "%20")
		if c.at.IsZero() {
			c.at = now
		}
		if c.keys == nil {
			c.keys = keys
		}
		r := signed(t, c.method, c.target, c.body, c.token, c.at)
		want := ok
		if c.change != nil {
			c.change(r)
		}
		if c.want != 0 || name == "not signed" {
			want = c.want
		}
		scope, err := Verify(r, now, func(id string) (Key, bool) { k, found := c.keys[id]; return k, found })
		got := ok
		if err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("%s: %v", name, err)
			}
			got = e.Reason
		}
		if got != want {
			t.Errorf("%s: %d (%v), want %d", name, got, err, want)
		}
		if err == nil && (scope.Region != "eu-west-1" || scope.Service != "ec2" || scope.AccessKey != "AK") {
			t.Errorf("%s: scope %v", name, scope)
		}
	}
}
