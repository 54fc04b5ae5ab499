// Package secrets reads secrets from AWS Secrets Manager.
package secrets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
)

// Manager reads secrets with the credentials of the environment. Nobody is
// asked before the first one is needed, and each is read once.
type Manager struct {
	open func(context.Context) (*secretsmanager.Client, error)

	mu     sync.Mutex
	client *secretsmanager.Client
	known  map[string]string
}

// New makes a manager.
func New() *Manager {
	return &Manager{known: map[string]string{}, open: func(ctx context.Context) (*secretsmanager.Client, error) {
		acc, err := (&access.Options{SkipCredentialValidation: true}).Open(ctx)
		if err != nil {
			return nil, err
		}
		return acc.SecretsManager(""), nil
	}}
}

// Text is all of a secret.
func (m *Manager) Text(ctx context.Context, name string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if text, ok := m.known[name]; ok {
		return text, nil
	}
	if m.client == nil {
		client, err := m.open(ctx)
		if err != nil {
			return "", err
		}
		m.client = client
	}
	s, err := Get(ctx, m.client, &secretsmanager.GetSecretValueInput{SecretId: &name})
	if err != nil {
		return "", err
	}
	if s.SecretString == nil {
		return "", fmt.Errorf("the secret %s is binary; data \"amazon-secretsmanager\" gives it as secret_binary", name)
	}
	m.known[name] = *s.SecretString
	return *s.SecretString, nil
}

// Get reads a version of a secret.
func Get(ctx context.Context, c *secretsmanager.Client, in *secretsmanager.GetSecretValueInput) (*secretsmanager.GetSecretValueOutput, error) {
	s, err := c.GetSecretValue(ctx, in)
	if err != nil {
		return nil, access.Explain(err, "the secret "+aws.ToString(in.SecretId))
	}
	return s, nil
}

// Pick is the value of a key in the text of a secret: a JSON object, or with
// the key "" anything, of an object its only value.
func Pick(text, key string) (string, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &object); err != nil || object == nil {
		if key == "" {
			return text, nil
		}
		return "", fmt.Errorf("the secret has no key %q: it is no JSON object", key)
	}
	names := slices.Sorted(maps.Keys(object))
	if key == "" && len(names) == 1 {
		key = names[0]
	}
	raw, ok := object[key]
	switch {
	case key == "":
		return "", fmt.Errorf("the secret has %d keys; say which: %s", len(names), strings.Join(names, ", "))
	case !ok:
		return "", fmt.Errorf("the secret has no key %q; there are: %s", key, strings.Join(names, ", "))
	}
	value, err := scalar(raw)
	if err != nil {
		return "", fmt.Errorf("the secret's key %q: %w", key, err)
	}
	return value, nil
}

// scalar is a text or a number.
func scalar(raw json.RawMessage) (string, error) {
	var text string
	if json.Unmarshal(raw, &text) == nil && string(raw) != "null" {
		return text, nil
	}
	var number json.Number
	if json.Unmarshal(raw, &number) == nil && number != "" {
		return number.String(), nil
	}
	return "", errors.New("it is neither a string nor a number")
}

// Parts are the texts in a secret that must not be shown: all of it, and each
// value of an object.
func Parts(text string) []string {
	all := []string{text}
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &object) != nil {
		return all
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if value, err := scalar(object[name]); err == nil {
			all = append(all, value)
		}
	}
	return all
}

// Value is what the template functions give: the value of a key, or with raw
// all of a secret, and the texts in it that must not be shown.
func (m *Manager) Value(ctx context.Context, name, key string, raw bool) (value string, hidden []string, err error) {
	text, err := m.Text(ctx, name)
	if err != nil {
		return "", nil, err
	}
	if raw {
		return text, Parts(text), nil
	}
	if value, err = Pick(text, key); err != nil {
		return "", nil, err
	}
	return value, []string{value}, nil
}
