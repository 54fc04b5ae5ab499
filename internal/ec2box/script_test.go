package ec2box

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// TestScripts plays testdata/*.txt. A line there is a call:
//
//	[until] [region/][service:]Action [name=value ...] [! Code] [~ text] [!~ text] [=> name=element ...]
//
// It must be refused with the code, or not at all; its answer must, or must not,
// have the text in it; and the first elements of some names are kept, to stand
// for $name later. Values are escaped as in URLs. With "until" it is called again
// until it is so. SSM and Secrets Manager take one JSON text.
func TestScripts(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("%v, %v", names, err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			b := newBox(t, Options{})
			p := &player{box: b, kept: map[string]string{"base": b.base, "account": "123456789012"}}
			for n, line := range strings.Split(string(raw), "\n") {
				if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
					p.play(t, fmt.Sprintf("%s:%d: %s", filepath.Base(name), n+1, line), line)
				}
			}
		})
	}
}

// player plays lines.
type player struct {
	*box
	kept map[string]string
}

func (p *player) play(t *testing.T, where, line string) {
	t.Helper()
	line, again := strings.CutPrefix(line, "until ")
	line = regexp.MustCompile(`\$\w+`).ReplaceAllStringFunc(line, func(v string) string {
		value, ok := p.kept[v[1:]]
		if !ok {
			t.Fatalf("%s: there is no %s", where, v)
		}
		return value
	})
	line, keep, _ := strings.Cut(line, " => ")
	line, without, _ := strings.Cut(line, " !~ ")
	line, with, _ := strings.Cut(line, " ~ ")
	line, code, _ := strings.Cut(line, " ! ")
	call, args, _ := strings.Cut(line, " ")
	var got, body string
	is := func() bool {
		got, body = p.call(t, call, args)
		return got == code && strings.Contains(body, with) && (without == "" || !strings.Contains(body, without))
	}
	if again {
		until(t, where, is)
	} else if !is() {
		t.Fatalf("%s\n%s\n%s", where, got, body)
	}
	for _, k := range strings.Fields(keep) {
		name, element, _ := strings.Cut(k, "=")
		found := regexp.MustCompile(`<` + element + `>([^<]*)<`).FindStringSubmatch(body)
		if found == nil {
			t.Fatalf("%s: no %s in %s", where, element, body)
		}
		p.kept[name] = found[1]
	}
}

// call makes a call that is signed, and gives the code of its error and its answer.
func (p *player) call(t *testing.T, call, args string) (code, body string) {
	t.Helper()
	region, service := "eu-central-1", "ec2"
	if before, after, ok := strings.Cut(call, "/"); ok {
		region, call = before, after
	}
	if before, after, ok := strings.Cut(call, ":"); ok {
		service, call = before, after
	}
	text, target := args, ""
	switch version := map[string]string{"ec2": "2016-11-15", "sts": "2011-06-15", "iam": "2010-05-08", "autoscaling": "2011-01-01"}[service]; version {
	case "":
		target = "X." + call
	default:
		form := []string{"Action=" + call, "Version=" + version}
		for _, f := range strings.Fields(args) {
			form = append(form, strings.ReplaceAll(f, "+", "%2B"))
		}
		text = strings.Join(form, "&")
	}
	r, err := signed(t.Context(), p.url, text, target, region, service, AccessKey, SecretKey, "", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return send(t, r)
}

func send(t *testing.T, r *http.Request) (code, body string) {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err.Error(), ""
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(`<Code>([^<]*)<|"__type":"([^"]*)"`).FindStringSubmatch(string(raw)); found != nil {
		code = found[1] + found[2]
	} else {
		code = answer.Header.Get("X-Amzn-Errortype")
	}
	if (code != "") != (answer.StatusCode != http.StatusOK) {
		t.Fatalf("status %d with the code %q: %s", answer.StatusCode, code, raw)
	}
	return code, string(raw)
}

// signed is a request with a signature.
func signed(ctx context.Context, target, body, action, region, service, key, secret, token string, at time.Time) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if action != "" {
		r.Header.Set("X-Amz-Target", action)
	}
	sum := sha256.Sum256([]byte(body))
	return r, v4.NewSigner().SignHTTP(ctx, aws.Credentials{AccessKeyID: key, SecretAccessKey: secret, SessionToken: token}, r, hex.EncodeToString(sum[:]), service, region, at)
}

// TestAuthentication asks with credentials that are wrong in all ways.
func TestAuthentication(t *testing.T) {
	b := newBox(t, Options{})
	now := time.Now()
	for _, c := range []struct {
		service, region, key, secret, token string
		at                                  time.Time
		change                              func(*http.Request)
		code                                string
	}{
		{service: "ec2", code: ""},
		{service: "ec2", key: "AKIAOTHER", code: "AuthFailure"},
		{service: "ec2", secret: "x", code: "AuthFailure"},
		{service: "ec2", token: "x", code: "AuthFailure"},
		{service: "ec2", at: now.Add(-time.Hour), code: "RequestExpired"},
		{service: "ec2", at: now.Add(time.Hour), code: "RequestExpired"},
		{service: "ec2", region: "mars-1", code: "AuthFailure"},
		{service: "ec2", change: func(r *http.Request) { r.Header.Del("Authorization") }, code: "MissingParameter"},
		{service: "s3", code: "InvalidAction"},
		{service: "sts", code: ""},
		{service: "sts", key: "AKIAOTHER", code: "InvalidClientTokenId"},
		{service: "sts", secret: "x", code: "SignatureDoesNotMatch"},
		{service: "sts", at: now.Add(-time.Hour), code: "SignatureDoesNotMatch"},
		{service: "iam", region: "us-east-1", secret: "x", code: "SignatureDoesNotMatch"},
		{service: "ssm", key: "AKIAOTHER", code: "UnrecognizedClientException"},
		{service: "ssm", secret: "x", code: "InvalidSignatureException"},
		{service: "ssm", at: now.Add(-time.Hour), code: "InvalidSignatureException"},
		{service: "secretsmanager", code: "UnknownOperationException"},
		{service: "ebs", key: "AKIAOTHER", code: "UnrecognizedClientException"},
		{service: "ebs", secret: "x", code: "InvalidSignatureException"},
	} {
		action, version := "DescribeRegions", "2016-11-15"
		if c.service == "sts" {
			action, version = "GetCallerIdentity", "2011-06-15"
		}
		if c.region == "" {
			c.region = "eu-central-1"
		}
		if c.key == "" {
			c.key = AccessKey
		}
		if c.secret == "" {
			c.secret = SecretKey
		}
		if c.at.IsZero() {
			c.at = now
		}
		target := b.url
		if c.service == "ebs" {
			target += "/snapshots"
		}
		r, err := signed(t.Context(), target, url.Values{"Action": {action}, "Version": {version}}.Encode(), "", c.region, c.service, c.key, c.secret, c.token, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if c.change != nil {
			c.change(r)
		}
		if code, body := send(t, r); code != c.code {
			t.Errorf("%+v: %q, %s", c, code, body)
		}
	}
}
