package access

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ebs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/ovenbird-io/ovenbird/internal/amazon/pace"
)

// Account is a login. It is safe for concurrent use.
type Account struct {
	config   aws.Config
	endpoint string // of EC2, "" for the configuration's
	tries    int
	paces    pace.Folder

	mu     sync.Mutex
	caller *Caller // nil until it is known
}

// Caller is who we are.
type Caller struct{ Account, ARN string }

// Region is the one that is worked in.
func (a *Account) Region() string { return a.config.Region }

// Endpoint is the URL of an EC2 that is not Amazon's, "" for Amazon's.
func (a *Account) Endpoint() string { return aws.ToString(a.EC2("").Options().BaseEndpoint) }

// in is the configuration of one service in one region. All its clients, also
// those of other processes, share a pace.
func (a *Account) in(service, region string) aws.Config {
	c := a.config.Copy()
	if region != "" {
		c.Region = region
	}
	p := a.paces.Of(service, c.Region, aws.ToString(c.BaseEndpoint), a.endpoint)
	c.Retryer = func() aws.Retryer {
		return &retryer{Standard: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts, o.RateLimiter = a.tries, noQuota{}
		}), pace: p}
	}
	return c
}

// EC2 speaks to EC2 in a region; "" is the one that is worked in.
func (a *Account) EC2(region string) *ec2.Client {
	return ec2.NewFromConfig(a.in("ec2", region), func(o *ec2.Options) {
		if a.endpoint != "" {
			o.BaseEndpoint = aws.String(a.endpoint)
		}
	})
}

// EBS speaks to EBS direct.
func (a *Account) EBS(region string) *ebs.Client { return ebs.NewFromConfig(a.in("ebs", region)) }

// STS speaks to the token service.
func (a *Account) STS() *sts.Client { return sts.NewFromConfig(a.in("sts", "")) }

// SSM speaks to the Systems Manager.
func (a *Account) SSM(region string) *ssm.Client { return ssm.NewFromConfig(a.in("ssm", region)) }

// IAM speaks to the access management.
func (a *Account) IAM(region string) *iam.Client { return iam.NewFromConfig(a.in("iam", region)) }

// SecretsManager speaks to the Secrets Manager.
func (a *Account) SecretsManager(region string) *secretsmanager.Client {
	return secretsmanager.NewFromConfig(a.in("secretsmanager", region))
}

// AutoScaling speaks to the Auto Scaling service.
func (a *Account) AutoScaling(region string) *autoscaling.Client {
	return autoscaling.NewFromConfig(a.in("autoscaling", region))
}

// Caller tells who we are; it is asked for once.
func (a *Account) Caller(ctx context.Context) (Caller, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.caller != nil {
		return *a.caller, nil
	}
	got, err := a.STS().GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Caller{}, Explain(err, "the credentials")
	}
	a.caller = &Caller{Account: aws.ToString(got.Account), ARN: aws.ToString(got.Arn)}
	return *a.caller, nil
}

// Regions are all of the account, sorted.
func (a *Account) Regions(ctx context.Context) ([]string, error) {
	got, err := a.EC2("").DescribeRegions(ctx, &ec2.DescribeRegionsInput{})
	if err != nil {
		return nil, Explain(err, "all regions")
	}
	var all []string
	for _, r := range got.Regions {
		all = append(all, aws.ToString(r.RegionName))
	}
	slices.Sort(all)
	return all, nil
}

// Number is the account's, "" as long as nobody has asked who we are.
func (a *Account) Number() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.caller == nil {
		return ""
	}
	return a.caller.Account
}

// Elsewhere says whether a service is not Amazon's own, so that it may do
// things in another way, or not at all.
func (a *Account) Elsewhere() bool {
	return a.Endpoint() != "" || aws.ToString(a.STS().Options().BaseEndpoint) != ""
}

// Lacks says whether an error says that the service has no such action: one
// that is not Amazon's need not have all. An error that may pass says nothing.
func (a *Account) Lacks(err error) bool {
	missing := []string{"InvalidAction", "UnknownOperationException", "UnknownOperation", "NotImplemented", "UnsupportedOperation"}
	var answer *smithyhttp.ResponseError
	if err == nil || !a.Elsewhere() || !errors.As(err, &answer) {
		return false
	}
	status := answer.HTTPStatusCode()
	return slices.Contains(missing, Code(err)) || status == http.StatusNotFound || status == http.StatusNotImplemented
}
