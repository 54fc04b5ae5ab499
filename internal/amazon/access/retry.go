package access

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/ovenbird-io/ovenbird/internal/amazon/pace"
)

// retryer tries again what fails for a while, at the pace that the service bears.
type retryer struct {
	*retry.Standard
	pace *pace.Pace
}

// GetAttemptToken waits until one more call may be made; the function it
// returns takes how the call went.
func (r *retryer) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	if err := r.pace.Wait(ctx); err != nil {
		return nil, err
	}
	throttles := retry.ThrottleErrorCode{Codes: retry.DefaultThrottleErrorCodes}
	return func(err error) error {
		if err != nil && throttles.IsErrorThrottle(err).Bool() {
			r.pace.Slow()
		}
		return nil
	}, nil
}

// noQuota leaves retries unbounded in sum: the pace bounds them, and each call
// has its number.
type noQuota struct{}

func (noQuota) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}

func (noQuota) AddTokens(uint) error { return nil }
