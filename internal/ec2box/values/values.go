// Package values is what the sandbox has of SSM's parameters, Secrets Manager's
// secrets and Auto Scaling groups.
package values

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// Action answers a request in JSON.
type Action func(c *world.Call, body []byte) (any, error)

// do makes an Action of a function with a request of its own type.
func do[In any](f func(*world.Call, In) (any, error)) Action {
	return func(c *world.Call, body []byte) (any, error) {
		var in In
		d := json.NewDecoder(strings.NewReader(string(body)))
		d.DisallowUnknownFields()
		if err := d.Decode(&in); err != nil {
			return nil, wire.Bad("SerializationException", "The sandbox cannot read the request: %s", err.Error())
		}
		return f(c, in)
	}
}

// SSM are the actions of SSM.
func SSM() map[string]Action {
	return map[string]Action{"GetParameter": do(getParameter), "PutParameter": do(putParameter), "DeleteParameter": do(deleteParameter)}
}

// Secrets are the actions of Secrets Manager.
func Secrets() map[string]Action {
	return map[string]Action{"GetSecretValue": do(getSecret), "CreateSecret": do(createSecret)}
}

func findParameter(c *world.Call, name string) (*record.Parameter, error) {
	plain, selector, _ := strings.Cut(name, ":")
	p := c.Parameters[plain]
	switch {
	case p == nil:
		return nil, wire.Bad("ParameterNotFound", "Parameter %s not found.", name)
	case selector != "" && selector != fmt.Sprint(p.Version):
		return nil, wire.Bad("ParameterVersionNotFound", "Systems Manager could not find version %s of %s.", selector, plain)
	}
	return p, nil
}

type getParameterIn struct {
	Name           string
	WithDecryption bool
}

func getParameter(c *world.Call, in getParameterIn) (any, error) {
	p, err := findParameter(c, in.Name)
	if err != nil {
		return nil, err
	}
	value := p.Value
	if p.Type == "SecureString" && !in.WithDecryption {
		value = base64.StdEncoding.EncodeToString([]byte("encrypted: " + p.Name)) // nothing to be decrypted by anybody
	}
	return map[string]any{"Parameter": map[string]any{
		"Name": p.Name, "Type": p.Type, "Value": value, "Version": p.Version, "DataType": "text",
		"ARN": fmt.Sprintf("arn:aws:ssm:%s:%s:parameter/%s", c.Name, c.W.Account, strings.TrimPrefix(p.Name, "/")),
	}}, nil
}

type putParameterIn struct {
	Name, Value, Type, Description string
	Overwrite                      bool
}

func putParameter(c *world.Call, in putParameterIn) (any, error) {
	old := c.Parameters[in.Name]
	switch {
	case len(in.Name) > 1011 || !regexp.MustCompile(`^[\w./-]+$`).MatchString(in.Name):
		return nil, wire.Bad("ValidationException", "Parameter name: %q is not valid", in.Name)
	case old == nil && !slices.Contains([]string{"String", "StringList", "SecureString"}, in.Type):
		return nil, wire.Bad("ValidationException", "A parameter type is required when you create a parameter.")
	case old != nil && !in.Overwrite:
		return nil, wire.Bad("ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
	}
	p := &record.Parameter{Name: in.Name, Value: in.Value, Type: in.Type, Version: 1}
	if old != nil {
		p.Version = old.Version + 1
		if p.Type == "" {
			p.Type = old.Type
		}
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	c.Parameters[in.Name] = p
	return map[string]any{"Version": p.Version, "Tier": "Standard"}, nil
}

type nameIn struct{ Name string }

func deleteParameter(c *world.Call, in nameIn) (any, error) {
	p, err := findParameter(c, in.Name)
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	delete(c.Parameters, p.Name)
	return struct{}{}, nil
}

type createSecretIn struct {
	Name, SecretString, Description, ClientRequestToken string
	SecretBinary                                        []byte
}

func createSecret(c *world.Call, in createSecretIn) (any, error) {
	switch {
	case !regexp.MustCompile(`^[\w/+=.@-]{1,512}$`).MatchString(in.Name):
		return nil, wire.Bad("ValidationException", "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!")
	case c.Secrets[in.Name] != nil:
		return nil, wire.Bad("ResourceExistsException", "The operation failed because the secret %s already exists.", in.Name)
	case in.SecretString != "" && in.SecretBinary != nil:
		return nil, wire.Bad("InvalidParameterException", "You can't specify both a binary secret value and a string secret value in the same secret.")
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	s := &record.Secret{Name: in.Name, Text: in.SecretString, Binary: in.SecretBinary, Version: in.ClientRequestToken}
	if s.Version == "" {
		s.Version = strings.ToLower(rand.Text())
	}
	s.ARN = fmt.Sprintf("arn:aws:secretsmanager:%s:%s:secret:%s-%s", c.Name, c.W.Account, in.Name, rand.Text()[:6])
	c.Secrets[in.Name] = s
	return map[string]any{"ARN": s.ARN, "Name": s.Name, "VersionId": s.Version}, nil
}

type getSecretIn struct{ SecretId, VersionId, VersionStage string }

func getSecret(c *world.Call, in getSecretIn) (any, error) {
	s := c.Secrets[in.SecretId]
	for _, other := range c.Secrets {
		if other.ARN == in.SecretId {
			s = other
		}
	}
	if s == nil {
		return nil, wire.Bad("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
	}
	if in.VersionId != "" && in.VersionId != s.Version {
		return nil, wire.Bad("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for VersionId: %s", in.VersionId)
	}
	if in.VersionStage != "" && in.VersionStage != "AWSCURRENT" {
		return nil, wire.Bad("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for staging label: %s", in.VersionStage)
	}
	out := map[string]any{"ARN": s.ARN, "Name": s.Name, "VersionId": s.Version, "VersionStages": []string{"AWSCURRENT"}}
	if s.Binary != nil {
		out["SecretBinary"] = s.Binary
	} else {
		out["SecretString"] = s.Text
	}
	return out, nil
}
