package outlast

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

func TestUnmade(t *testing.T) {
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	_, idle := Do(ctx, func(context.Context) (int, error) { return 0, nil })
	answer := func(status int, code string) error {
		err := errors.New("no answer that makes sense")
		if code != "" {
			err = &smithy.GenericAPIError{Code: code}
		}
		return fmt.Errorf("RunInstances: %w", &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: err})
	}
	for _, c := range []struct {
		name string
		err  error
		want bool
	}{
		{"it was made", nil, false},
		{"not tried", fmt.Errorf("launching: %w", idle), true},
		{"interrupted meanwhile", stop, false},
		{"no answer", errors.New("connection reset by peer"), false},
		{"a mistake", answer(400, "InvalidParameterValue"), true},
		{"not allowed", answer(403, "UnauthorizedOperation"), true},
		{"full", answer(500, "InsufficientInstanceCapacity"), true},
		{"in trouble", answer(500, "InternalError"), false},
		{"in trouble, with a wrong status", answer(400, "InternalError"), false},
		{"unavailable", answer(503, "Unavailable"), false},
		{"too many calls", answer(503, "RequestLimitExceeded"), false},
		{"in no time", answer(408, "RequestTimeout"), false},
		{"somebody else's answer", answer(404, ""), false},
	} {
		if got := Unmade(c.err); got != c.want {
			t.Errorf("%s: got %t", c.name, got)
		}
	}
}
