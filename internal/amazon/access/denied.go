package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// deniedError is a refusal with what STS says about it.
type deniedError struct {
	ExplicitDeny bool `json:"explicitDeny"`
	Context      struct {
		Principal struct {
			ARN string `json:"arn"`
		} `json:"principal"`
		Action   string `json:"action"`
		Resource string `json:"resource"`
	} `json:"context"`

	refused error
	cause   error // why there is none of the above
}

func (e *deniedError) Error() string { return e.refused.Error() }
func (e *deniedError) Unwrap() error { return e.refused }

// text says to whom, and whether something forbids it.
func (e *deniedError) text() string {
	text := ""
	if e.Context.Principal.ARN != "" {
		text = " to " + e.Context.Principal.ARN
	}
	if e.ExplicitDeny {
		text += "; a policy denies it explicitly"
	}
	return text
}

// decoding has refusals decoded by STS.
func (a *Account) decoding(stack *middleware.Stack) error {
	decode := func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		out, meta, err := next.HandleInitialize(ctx, in)
		return out, meta, a.decode(ctx, err)
	}
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("DecodeRefusals", decode), middleware.Before)
}

func (a *Account) decode(ctx context.Context, err error) error {
	var api smithy.APIError
	if err == nil || !errors.As(err, &api) || !refusal(api.ErrorCode()) {
		return err
	}
	_, message, ok := strings.Cut(api.ErrorMessage(), encoded)
	if !ok {
		return err
	}
	e := &deniedError{refused: err}
	got, cause := a.plainSTS().DecodeAuthorizationMessage(ctx, &sts.DecodeAuthorizationMessageInput{EncodedMessage: aws.String(strings.TrimSpace(message))})
	if cause != nil {
		e.cause = Explain(cause, "the message")
		return e
	}
	if cause := json.Unmarshal([]byte(aws.ToString(got.DecodedMessage)), e); cause != nil {
		e.cause = fmt.Errorf("reading the decoded message: %w", cause)
	}
	return e
}

// plainSTS does not decode its own refusals.
func (a *Account) plainSTS() *sts.Client {
	c := a.in("sts", "")
	c.APIOptions = nil
	return sts.NewFromConfig(c)
}
