package outlast

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// NotTriedError is that of a call that was not made, as its context had ended.
type NotTriedError struct {
	Cause error // of the context's end
}

func (e *NotTriedError) Error() string { return e.Cause.Error() }

// Unwrap gives the cause.
func (e *NotTriedError) Unwrap() error { return e.Cause }

// Unmade says whether a call that failed has certainly made nothing: it was not
// tried, or it was refused. A service that is in trouble, or too busy for an
// answer, may have made what it was asked for.
func Unmade(err error) bool {
	var idle *NotTriedError
	var api smithy.APIError
	var answer *smithyhttp.ResponseError
	switch {
	case errors.As(err, &idle):
		return true
	case !errors.As(err, &api):
		return false
	case full(api.ErrorCode()):
		return true
	case !errors.As(err, &answer) || slices.Contains([]string{"InternalError", "InternalFailure", "Unavailable", "ServiceUnavailable"}, api.ErrorCode()):
		return false
	}
	status := answer.HTTPStatusCode()
	return status >= 400 && status < 500 && status != http.StatusRequestTimeout
}

// full says whether a code is of a refusal for want of capacity, which EC2 tells
// as if it were in trouble.
func full(code string) bool {
	return strings.HasPrefix(code, "Insufficient") || slices.Contains([]string{"SpotMaxPriceTooLow", "UnfulfillableCapacity"}, code)
}
