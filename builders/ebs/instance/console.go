package instance

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
)

// evidenceLines is how much of the console is shown after a failure.
const evidenceLines = 20

// Evidence is the end of what the instance has written on its serial console,
// for people.
func Evidence(ctx context.Context, c *ec2.Client, id string) []string {
	text, err := Console(ctx, c, id)
	if err != nil {
		return []string{"The console of " + id + " cannot be read: " + err.Error()}
	}
	if text = strings.TrimSpace(strings.ReplaceAll(text, "\r", "")); text == "" {
		return []string{"The console of " + id + " is empty."}
	}
	lines := strings.Split(text, "\n")
	return append([]string{"The end of the console of " + id + ":"}, lines[max(0, len(lines)-evidenceLines):]...)
}

// Console is what the instance has written on its serial console, at most its
// last 64 KiB.
func Console(ctx context.Context, c *ec2.Client, id string) (string, error) {
	got, err := c.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: aws.String(id), Latest: aws.Bool(true)})
	if slices.Contains([]string{"UnsupportedOperation", "InvalidParameterValue", "InvalidParameterCombination"}, access.Code(err)) { // not of this type
		got, err = c.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: aws.String(id)})
	}
	if err != nil {
		return "", access.Explain(err, id)
	}
	text, err := base64.StdEncoding.DecodeString(strings.TrimSpace(aws.ToString(got.Output)))
	if err != nil {
		return "", fmt.Errorf("reading the console of %s: %w", id, err)
	}
	return string(text), nil
}
