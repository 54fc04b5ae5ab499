// Package amazonparameterstore is the data source that reads a parameter of AWS
// Systems Manager.
package amazonparameterstore

import (
	"context"
	"errors"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/datasource"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Parameter reads a parameter of AWS Systems Manager. It tells its value,
// version and arn. The value of a SecureString is never shown.
type Parameter struct {
	Access access.Options `hcl:",remain"`
	// Name or ARN of the parameter; NAME:VERSION and NAME:LABEL choose a
	// version. Required.
	Name string `hcl:"name,optional"`
	// Decrypts the value of a SecureString, which is its ciphertext otherwise.
	// Default false.
	WithDecryption bool `hcl:"with_decryption,optional"`

	value  string
	secure bool
}

// New makes an amazon-parameterstore data source with its defaults.
func New(datasource.Env) datasource.Source { return &Parameter{} }

// Validate checks the options.
func (p *Parameter) Validate() error {
	errs := []error{p.Access.Validate()}
	if p.Name == "" {
		errs = append(errs, option.Bad("name", "It is required: the name or ARN of the parameter."))
	}
	return errors.Join(errs...)
}

// Outputs names what Read gives.
func (*Parameter) Outputs() datasource.Outputs {
	return datasource.Outputs{"value": cty.String, "version": cty.String, "arn": cty.String}
}

// Secrets are the value, if it is a secret.
func (p *Parameter) Secrets(sensitive bool) []string {
	if !p.secure && !sensitive {
		return nil
	}
	return []string{p.value}
}

// Read asks for the parameter.
func (p *Parameter) Read(ctx context.Context, _ *ui.UI) (map[string]cty.Value, error) {
	acc, err := p.Access.Open(ctx)
	if err != nil {
		return nil, err
	}
	got, err := acc.SSM("").GetParameter(ctx, &ssm.GetParameterInput{Name: &p.Name, WithDecryption: &p.WithDecryption})
	if err != nil {
		return nil, access.Explain(err, "the parameter "+p.Name)
	}
	if got.Parameter == nil {
		return nil, errors.New("GetParameter of " + p.Name + ": the answer has no parameter")
	}
	p.value, p.secure = aws.ToString(got.Parameter.Value), got.Parameter.Type == types.ParameterTypeSecureString
	return map[string]cty.Value{
		"value": cty.StringVal(p.value), "version": cty.StringVal(strconv.FormatInt(got.Parameter.Version, 10)),
		"arn": cty.StringVal(aws.ToString(got.Parameter.ARN)),
	}, nil
}
