package access

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
)

func assume() *stscreds.AssumeRoleOptions { return &stscreds.AssumeRoleOptions{} }

func TestPoll(t *testing.T) {
	enough, trouble := errors.New("enough"), errors.New("trouble")
	for name, c := range map[string]struct {
		limit time.Duration
		after int   // looks until it is done
		fails int   // the look that fails
		stops int   // the look in which the caller gives up
		want  error // nil, or what errors.Is finds
		text  string
	}{
		"at once":         {time.Minute, 1, 0, 0, nil, ""},
		"after a while":   {time.Hour, 200, 0, 0, nil, ""},
		"never":           {time.Minute, 1000, 0, 0, context.DeadlineExceeded, "waiting for it to be so: it took longer than 1m0s"},
		"with trouble":    {time.Minute, 10, 3, 0, trouble, "trouble"},
		"and given up":    {time.Minute, 10, 0, 3, enough, "enough"},
		"no time at all":  {0, 2, 0, 0, context.DeadlineExceeded, "waiting for it to be so: it took longer than 0s"},
		"in the last one": {0, 1, 0, 0, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				looks, last := 0, time.Now().Add(-time.Hour)
				err := Poll(ctx, c.limit, "it to be so", func(ctx context.Context) (bool, error) {
					looks++
					if since := time.Since(last); looks > 1 && (since < time.Second || since > 2*time.Second) {
						t.Errorf("%s between looks", since)
					}
					last = time.Now()
					if looks == c.stops {
						cancel(enough)
					}
					if looks == c.fails {
						return false, trouble
					}
					return looks >= c.after, nil
				})
				if !errors.Is(err, c.want) || (err != nil) != (c.want != nil) || err != nil && err.Error() != c.text {
					t.Errorf("got %v, want %q", err, c.text)
				}
			})
		})
	}
}
