package ebs

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/ec2box"
)

// client is a login of the user's.
func (l *lab) client() *ec2.Client {
	l.Helper()
	acc, err := (&access.Options{SkipCredentialValidation: true}).Open(l.Context())
	if err != nil {
		l.Fatal(err)
	}
	return acc.EC2("")
}

// TestTheirKey has the template choose the name of a key pair that is there: it
// stays, and what is said helps.
func TestTheirKey(t *testing.T) {
	l := newLab(t, ec2box.Timing{})
	if _, err := l.client().CreateKeyPair(t.Context(), &ec2.CreateKeyPairInput{KeyName: aws.String("mine")}); err != nil {
		t.Fatal(err)
	}
	before := l.Inspect().Of("key-pair")
	_, err := l.bake(t.Context(), l.builder(func(b *Builder) { b.SSH.TemporaryKeyPairName = "mine" }))
	if err == nil || !strings.Contains(err.Error(), "InvalidKeyPair.Duplicate") || !strings.Contains(err.Error(), "choose another temporary_key_pair_name") {
		t.Errorf("got %v", err)
	}
	if after := l.Inspect().Of("key-pair"); l.left() != "key-pair:1" || len(after) != 1 || after[0].ID != before[0].ID {
		t.Errorf("left %q: %+v, was %+v", l.left(), after, before)
	}
	l.forgotten()
}
