// Package amazonsecretsmanager is the data source that reads a secret of AWS
// Secrets Manager.
package amazonsecretsmanager

import (
	"context"
	"encoding/base64"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/secrets"
	"github.com/ovenbird-io/ovenbird/internal/datasource"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Secret reads a secret of AWS Secrets Manager. It tells its value, its whole
// secret_string or, in Base64, secret_binary, and its version_id. None of the
// first three is ever shown.
type Secret struct {
	Access access.Options `hcl:",remain"`
	// Name or ARN of the secret. Required.
	Name string `hcl:"name,optional"`
	// Whose value becomes value, where the secret is a JSON object. Default its
	// only key; of a secret that is no object all of it.
	Key string `hcl:"key,optional"`
	// Id of the version. Default the one at version_stage.
	VersionID string `hcl:"version_id,optional"`
	// Stage of the version. Default "AWSCURRENT".
	VersionStage string `hcl:"version_stage,optional"`

	texts []string // of what was read
}

// New makes an amazon-secretsmanager data source with its defaults.
func New(datasource.Env) datasource.Source { return &Secret{VersionStage: "AWSCURRENT"} }

// Validate checks the options.
func (s *Secret) Validate() error {
	errs := []error{s.Access.Validate()}
	if s.Name == "" {
		errs = append(errs, option.Bad("name", "It is required: the name or ARN of the secret."))
	}
	return errors.Join(errs...)
}

// Outputs names what Read gives.
func (*Secret) Outputs() datasource.Outputs {
	return datasource.Outputs{"value": cty.String, "secret_string": cty.String, "secret_binary": cty.String, "version_id": cty.String}
}

// Secrets are all texts of the secret.
func (s *Secret) Secrets(bool) []string { return s.texts }

// Read asks for the secret.
func (s *Secret) Read(ctx context.Context, out *ui.UI) (map[string]cty.Value, error) {
	acc, err := s.Access.Open(ctx)
	if err != nil {
		return nil, err
	}
	in := &secretsmanager.GetSecretValueInput{SecretId: &s.Name}
	if s.VersionID != "" {
		in.VersionId = &s.VersionID
	}
	if s.VersionStage != "" && (s.VersionID == "" || s.VersionStage != "AWSCURRENT") { // a version may have lost the stage
		in.VersionStage = &s.VersionStage
	}
	got, err := secrets.Get(ctx, acc.SecretsManager(""), in)
	if err != nil {
		return nil, err
	}
	all := map[string]cty.Value{"version_id": cty.StringVal(aws.ToString(got.VersionId))}
	if got.SecretString == nil {
		binary := base64.StdEncoding.EncodeToString(got.SecretBinary)
		s.texts = []string{binary}
		all["secret_binary"] = cty.StringVal(binary)
		return all, nil
	}
	s.texts = secrets.Parts(*got.SecretString)
	out.Hide(s.texts...)
	value, err := secrets.Pick(*got.SecretString, s.Key)
	if err != nil && s.Key != "" {
		return nil, err
	}
	all["secret_string"] = cty.StringVal(*got.SecretString)
	if err == nil { // of several values none is the value, but all are in secret_string
		all["value"] = cty.StringVal(value)
	}
	return all, nil
}
