// Package trying makes requests of EBS direct again that another try may help.
package trying

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/ebs"
	"github.com/aws/aws-sdk-go-v2/service/ebs/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
)

const (
	shortest = 100 * time.Millisecond // to wait before a repetition
	longest  = 10 * time.Second
	attempt  = 5 * time.Minute // for one request: many share a slow line
)

// Client is the client with connections for all workers, that takes blocks in
// few pieces and leaves repeating to us.
func Client(c *ebs.Client, workers int) *ebs.Client {
	return ebs.New(c.Options(), func(o *ebs.Options) {
		o.Retryer = aws.NopRetryer{}
		if b, ok := o.HTTPClient.(*awshttp.BuildableClient); ok {
			o.HTTPClient = b.WithTransportOptions(func(t *http.Transport) {
				t.MaxIdleConns = max(t.MaxIdleConns, workers)
				t.MaxIdleConnsPerHost = max(t.MaxIdleConnsPerHost, workers)
				t.WriteBufferSize = 64 << 10
				t.ForceAttemptHTTP2 = false // all would share one connection
			})
		}
	})
}

// Call makes a request about a resource, and again after a while as long as
// another try may help, as it may after the error odd, and there is patience.
func Call(ctx context.Context, patience time.Duration, resource string, odd error, do func(context.Context) error) error {
	patient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for wait := shortest; ; wait = min(2*wait, longest) {
		err := within(patient, do)
		if err != nil && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err == nil || !Transient(err, odd) && !errors.Is(err, context.DeadlineExceeded) {
			return access.Explain(err, resource)
		}
		select {
		case <-patient.Done():
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return fmt.Errorf("no success within %s: %w", patience, access.Explain(err, resource))
		case <-time.After(wait/2 + rand.N(wait/2)):
		}
	}
}

func within(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, attempt)
	defer cancel()
	return do(ctx)
}

// Transient tells of errors that another try may not meet.
func Transient(err, odd error) bool {
	if errors.Is(err, context.Canceled) {
		return false
	}
	var busy *types.ConcurrentLimitExceededException
	var wrong *types.ValidationException
	if errors.As(err, &busy) || errors.Is(err, odd) {
		return true
	}
	if errors.As(err, &wrong) && wrong.Reason == types.ValidationExceptionReasonConflictingBlockUpdate {
		return true // our own, whose answer was lost
	}
	return retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary ||
		retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary
}
