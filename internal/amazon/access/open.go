package access

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go/logging"

	"github.com/ovenbird-io/ovenbird/internal/host"
)

const (
	defaultRetries = 10
	openTries      = 4           // of a call before all else: nothing is lost yet
	loadLimit      = time.Minute // for credentials to be found
	answerLimit    = time.Minute // for an answer to begin once the request is sent
	connections    = 128         // kept open to one host
)

// Open loads the credentials, and asks who we are unless that is skipped.
func (o *Options) Open(ctx context.Context) (*Account, error) {
	ctx, cancel := context.WithTimeout(ctx, loadLimit)
	defer cancel()
	cfg, err := config.LoadDefaultConfig(ctx, o.loading()...)
	if err != nil {
		return nil, fmt.Errorf("loading the configuration of Amazon's services: %w", err)
	}
	a := &Account{config: cfg, endpoint: o.CustomEndpointEC2, tries: openTries}
	if dir, err := host.StateDir(os.Getenv); err == nil {
		a.paces.Dir = dir
	}
	if cfg.Region == "" {
		if !a.Elsewhere() {
			return nil, errors.New("no region is known; set region in the template, or AWS_REGION")
		}
		a.config.Region = "us-east-1" // what others call theirs, if they have only one
	}
	if r := o.AssumeRole; r != nil {
		a.config.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(a.STS(), r.RoleARN, r.apply))
	}
	if _, err := a.config.Credentials.Retrieve(ctx); err != nil {
		return nil, o.missing(err)
	}
	if o.DecodeAuthorizationMessages {
		a.config.APIOptions = append(a.config.APIOptions, a.decoding)
	}
	if err := o.verify(ctx, a); err != nil {
		return nil, err
	}
	a.tries = o.MaxRetries + 1
	if o.MaxRetries == 0 {
		a.tries = defaultRetries + 1
	}
	return a, nil
}

// missing explains that there are no credentials.
func (o *Options) missing(err error) error {
	switch {
	case o.AssumeRole != nil:
		return Explain(err, o.AssumeRole.RoleARN)
	case o.MFACode != "" || o.Profile != "":
		return fmt.Errorf("getting credentials: %w", err)
	}
	return fmt.Errorf("there are no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or profile or access_key in the template: %w", err)
}

// verify asks who the credentials are of, where somebody knows.
func (o *Options) verify(ctx context.Context, a *Account) error {
	apart := aws.ToString(a.STS().Options().BaseEndpoint) != ""
	if o.SkipCredentialValidation || o.CustomEndpointEC2 != "" && !apart {
		return nil // what is good for the one EC2 need not be for Amazon
	}
	_, err := a.Caller(ctx)
	refused := []string{
		"InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken", "ExpiredTokenException", "AccessDenied", "AuthFailure",
		"UnrecognizedClientException", "InvalidAccessKeyId", "IncompleteSignature", "MissingAuthenticationToken", "OptInRequired",
	}
	switch {
	case err == nil:
		return nil
	case apart && !slices.Contains(refused, Code(err)) && ctx.Err() == nil:
		return nil // it is not Amazon's, and need not have the call
	}
	return fmt.Errorf("%w; skip_credential_validation = true leaves that unasked", err)
}

// loading says how the configuration is made.
func (o *Options) loading() []func(*config.LoadOptions) error {
	// What the library would log is no news: it says itself what goes wrong.
	all := []func(*config.LoadOptions) error{config.WithHTTPClient(o.client()), config.WithLogger(logging.Nop{})}
	if o.Region != "" {
		all = append(all, config.WithRegion(o.Region))
	}
	if o.Profile != "" {
		all = append(all, config.WithSharedConfigProfile(o.Profile))
	}
	if o.SharedCredentialsFile != "" {
		all = append(all, config.WithSharedCredentialsFiles([]string{o.SharedCredentialsFile}))
	}
	if o.AccessKey != "" {
		all = append(all, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(o.AccessKey, o.SecretKey, o.Token)))
	}
	if o.SkipMetadataAPICheck {
		all = append(all, config.WithEC2IMDSClientEnableState(imds.ClientDisabled))
	}
	return append(all, config.WithAssumeRoleCredentialOptions(o.profileRole()))
}

func (o *Options) client() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.ResponseHeaderTimeout, t.MaxIdleConns, t.MaxIdleConnsPerHost = answerLimit, 2*connections, connections
		if o.InsecureSkipTLSVerify {
			t.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // the user wants it
		}
	})
}

// profileRole has the role of the profile become ours where the endpoints are, and
// gives it the code, once: no code is good for more.
func (o *Options) profileRole() func(*stscreds.AssumeRoleOptions) {
	var used atomic.Bool
	return func(r *stscreds.AssumeRoleOptions) {
		if c, ok := r.Client.(*sts.Client); ok && c.Options().BaseEndpoint == nil {
			if url := cmp.Or(os.Getenv("AWS_ENDPOINT_URL_STS"), os.Getenv("AWS_ENDPOINT_URL")); url != "" {
				there := c.Options() // which the SDK made before it looked for endpoints
				there.BaseEndpoint = aws.String(url)
				r.Client = sts.New(there)
			}
		}
		r.TokenProvider = func() (string, error) {
			switch {
			case o.MFACode == "":
				return "", errors.New("the role of the profile asks for a code of its MFA device; set mfa_code")
			case used.Swap(true):
				return "", errors.New("the credentials that mfa_code gave have ended, and a code is good for one use; give the profile a longer duration_seconds")
			}
			return o.MFACode, nil
		}
	}
}

// apply says how the role is assumed.
func (r *AssumeRole) apply(to *stscreds.AssumeRoleOptions) {
	if r.DurationSeconds > 0 {
		to.Duration = time.Duration(r.DurationSeconds) * time.Second
	}
	if r.SessionName != "" {
		to.RoleSessionName = r.SessionName
	}
	if r.ExternalID != "" {
		to.ExternalID = &r.ExternalID
	}
	if r.Policy != "" {
		to.Policy = &r.Policy
	}
	for _, arn := range r.PolicyARNs {
		to.PolicyARNs = append(to.PolicyARNs, ststypes.PolicyDescriptorType{Arn: aws.String(arn)})
	}
	for key, value := range r.Tags {
		to.Tags = append(to.Tags, ststypes.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	to.TransitiveTagKeys = r.TransitiveTagKeys
}
