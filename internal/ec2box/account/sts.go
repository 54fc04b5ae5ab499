// Package account is the sandbox's STS and IAM: who calls, roles and instance
// profiles.
package account

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// STS are the actions of the Security Token Service.
func STS() map[string]world.Action {
	return map[string]world.Action{
		"GetCallerIdentity": world.Do(identity), "AssumeRole": world.Do(assume), "DecodeAuthorizationMessage": world.Do(decode),
	}
}

func identity(c *world.Call, _ struct{}) (any, error) {
	id := "AIDASANDBOX000000000"
	if strings.Contains(c.Caller, ":assumed-role/") {
		id = "AROASANDBOX000000000:" + c.Caller[strings.LastIndex(c.Caller, "/")+1:]
	}
	return struct{ Arn, UserId, Account string }{c.Caller, id, c.W.Account}, nil
}

type assumeIn struct {
	RoleArn         string `q:",required"`
	RoleSessionName string `q:",required"`
	DurationSeconds *int64
	ExternalId      string
	Policy          string
	PolicyArns      []struct {
		Arn string `q:"arn"`
	}
	Tags              []record.Tag
	TransitiveTagKeys []string
	SerialNumber      string
	TokenCode         string
	SourceIdentity    string
}

// trust is what is read of the policy that says who may assume a role.
type trust struct {
	Statement []struct {
		Condition map[string]map[string]any
	}
}

func assume(c *world.Call, in assumeIn) (any, error) {
	name := in.RoleArn[strings.LastIndex(in.RoleArn, "/")+1:]
	refused := wire.Bad("AccessDenied", "User: %s is not authorized to perform: sts:AssumeRole on resource: %s", c.Caller, in.RoleArn)
	role := c.W.Roles[name]
	seconds := int64(3600)
	if in.DurationSeconds != nil {
		seconds = *in.DurationSeconds
	}
	switch {
	case !regexp.MustCompile(`^[\w+=,.@-]{2,64}$`).MatchString(in.RoleSessionName):
		return nil, wire.Bad("ValidationError", "1 validation error detected: Value '%s' at 'roleSessionName' failed to satisfy constraint", in.RoleSessionName)
	case seconds < 900 || seconds > 43200:
		return nil, wire.Bad("ValidationError", "1 validation error detected: Value '%d' at 'durationSeconds' failed to satisfy constraint", seconds)
	case !strings.HasPrefix(in.RoleArn, "arn:aws:iam::"):
		return nil, wire.Bad("ValidationError", "%s is invalid", in.RoleArn)
	case role == nil || in.RoleArn != roleARN(c, name):
		return nil, refused
	case in.TokenCode != "" && !regexp.MustCompile(`^\d{6}$`).MatchString(in.TokenCode):
		return nil, wire.Bad("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.")
	}
	var t trust
	if err := json.Unmarshal([]byte(role.Trust), &t); err != nil {
		return nil, err
	}
	for _, s := range t.Statement {
		if want, ok := s.Condition["StringEquals"]["sts:ExternalId"]; ok && want != in.ExternalId {
			return nil, refused
		}
	}
	key := "ASIA" + rand.Text()[:16]
	s := &record.Session{
		Secret: rand.Text() + rand.Text(), Token: rand.Text() + rand.Text() + rand.Text(), Until: time.Now().Add(time.Duration(seconds) * time.Second).UTC().Truncate(time.Second),
		ARN: fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/%s", c.W.Account, name, in.RoleSessionName),
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	c.W.Sessions[key] = s
	var out struct {
		Credentials     struct{ AccessKeyId, SecretAccessKey, SessionToken, Expiration string }
		AssumedRoleUser struct{ AssumedRoleId, Arn string }
	}
	out.Credentials.AccessKeyId, out.Credentials.SecretAccessKey, out.Credentials.SessionToken, out.Credentials.Expiration = key, s.Secret, s.Token, world.Stamp(s.Until)
	out.AssumedRoleUser.AssumedRoleId, out.AssumedRoleUser.Arn = role.ID+":"+in.RoleSessionName, s.ARN
	return out, nil
}

type decodeIn struct {
	EncodedMessage string `q:",required"`
}

func decode(_ *world.Call, in decodeIn) (any, error) {
	raw, err := base64.URLEncoding.DecodeString(in.EncodedMessage)
	if err != nil || !json.Valid(raw) {
		return nil, wire.Bad("InvalidAuthorizationMessageException", "Message is not valid")
	}
	return struct{ DecodedMessage string }{string(raw)}, nil
}

// Refusal is the message of an action that a caller may not do, as EC2 writes it.
func Refusal(caller, action string) string {
	raw, _ := json.Marshal(map[string]any{ // strings always can be
		"allowed": false, "explicitDeny": false, "matchedStatements": map[string]any{"items": []any{}},
		"context": map[string]any{"principal": map[string]string{"arn": caller}, "action": "ec2:" + action, "resource": "*"},
	})
	return fmt.Sprintf("You are not authorized to perform this operation. User: %s is not authorized to perform: ec2:%s because no identity-based policy allows the ec2:%[2]s action. Encoded authorization failure message: %s", caller, action, base64.URLEncoding.EncodeToString(raw))
}
