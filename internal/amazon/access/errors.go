package access

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Code is the code of a service's error, "" when no service has answered.
func Code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return ""
}

// CallError is a call that failed.
type CallError struct {
	Action   string // such as "RunInstances", "" if it is not known
	Resource string // what the call was about
	Missing  string // the IAM action that is not allowed, "" if none is
	text     string
	cause    error
}

func (e *CallError) Error() string { return e.text }

// Unwrap gives what the SDK says, within which is the service's own error.
func (e *CallError) Unwrap() error { return e.cause }

// Explain says which action failed of which resource, why, and which right is
// missing if it was refused. It explains once: what is explained stays as it is.
func Explain(err error, resource string) error {
	var done *CallError
	var op *smithy.OperationError
	switch {
	case err == nil || errors.As(err, &done):
		return err
	case !errors.As(err, &op):
		return fmt.Errorf("%s: %w", resource, err)
	}
	e := &CallError{Action: op.OperationName, Resource: resource, cause: err}
	e.text = fmt.Sprintf("%s of %s: %s", e.Action, resource, e.reason(op))
	return e
}

// reason says why a call failed, and what to do about it.
func (e *CallError) reason(op *smithy.OperationError) string {
	var api smithy.APIError
	if !errors.As(op.Err, &api) {
		return unanswered(op.Err)
	}
	text := api.ErrorCode()
	if message := shorten(api.ErrorMessage()); message != "" {
		text += ": " + message
	}
	if !refusal(api.ErrorCode()) {
		return text
	}
	var denied *deniedError
	errors.As(op.Err, &denied)
	e.Missing = missing(op, api.ErrorMessage(), denied)
	text += "; allow " + e.Missing
	switch {
	case denied != nil && denied.text() != "":
		text += denied.text()
	case denied != nil && denied.cause != nil:
		text += fmt.Sprintf(" (the refusal could not be decoded: %s)", denied.cause)
	case denied == nil && strings.Contains(api.ErrorMessage(), encoded):
		text += "; decode_authorization_messages = true tells why it was refused"
	}
	return text
}

func refusal(code string) bool {
	code = strings.TrimPrefix(code, "Client.")
	return slices.Contains([]string{"UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "UnauthorizedAccess"}, code)
}

// perform finds how messages name the action that was refused, which may be
// another one than was called: RunInstances with tags needs ec2:CreateTags.
func perform() *regexp.Regexp {
	return regexp.MustCompile(`not authorized to perform:? ([a-z0-9-]+:[A-Za-z*]+)(?: on resource: (\S+))?`)
}

// missing is the IAM action, and its resource if it is known.
func missing(op *smithy.OperationError, message string, denied *deniedError) string {
	if denied != nil && denied.Context.Action != "" {
		if denied.Context.Resource != "" {
			return denied.Context.Action + " on " + denied.Context.Resource
		}
		return denied.Context.Action
	}
	if m := perform().FindStringSubmatch(message); m != nil {
		if m[2] != "" {
			return m[1] + " on " + m[2]
		}
		return m[1]
	}
	return strings.ToLower(strings.ReplaceAll(op.ServiceID, " ", "")) + ":" + op.OperationName
}

// encoded is what stands in front of a message that only STS can read.
const encoded = "Encoded authorization failure message: "

// shorten takes from a message what nobody can read, and its last dot.
func shorten(message string) string {
	if before, _, ok := strings.Cut(message, encoded); ok {
		message = before
	}
	return strings.TrimRight(strings.TrimSpace(message), ".")
}

// unanswered says why there is no answer, in fewer words than the SDK.
func unanswered(err error) string {
	tries := ""
	var most *retry.MaxAttemptsError
	if errors.As(err, &most) {
		tries = fmt.Sprintf(" (tried %d times)", most.Attempt)
	}
	var ended interface{ Timeout() bool }
	var send *smithyhttp.RequestSendError
	var response *smithyhttp.ResponseError
	switch {
	case errors.Is(err, context.Canceled):
		return "it was given up"
	case errors.As(err, &send):
		err = send.Err
	case errors.As(err, &response):
		err = fmt.Errorf("%s: %w", response.Response.Status, response.Err)
	}
	var dial *net.OpError
	if errors.As(err, &dial) {
		return dial.Error() + tries
	}
	if errors.As(err, &ended) && ended.Timeout() && !errors.Is(err, context.DeadlineExceeded) {
		return "there was no answer in time" + tries
	}
	return err.Error() + tries
}
