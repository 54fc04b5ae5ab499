package functions

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// Secrets is where functions get secrets from. Read is set before the first
// call, or stays nil: then nobody is asked and all values are unknown.
type Secrets struct {
	// Read gives the value of a key in a secret of AWS Secrets Manager; with the
	// key "" its only value, or with raw all of its text.
	Read func(name, key string, raw bool) (string, error)
}

// awsSecret is aws_secretsmanager(name, key), or aws_secretsmanager_raw(name).
func (s *Secrets) awsSecret(raw bool) function.Function {
	spec := &function.Spec{
		Params: []function.Parameter{{Name: "name", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			key := ""
			switch {
			case len(args) > 2:
				return cty.UnknownVal(cty.String), function.NewArgErrorf(2, "there is nothing after the key")
			case len(args) == 2 && !args[1].IsNull():
				key = args[1].AsString()
			}
			if s == nil || s.Read == nil {
				return cty.UnknownVal(cty.String), nil
			}
			value, err := s.Read(args[0].AsString(), key, raw)
			if err != nil {
				return cty.UnknownVal(cty.String), err
			}
			return cty.StringVal(value), nil
		},
	}
	if !raw {
		spec.VarParam = &function.Parameter{Name: "key", Type: cty.String, AllowNull: true}
	}
	return function.New(spec)
}

func (s *Secrets) functions() map[string]function.Function {
	return map[string]function.Function{
		"aws_secretsmanager":     s.awsSecret(false),
		"aws_secretsmanager_raw": s.awsSecret(true),
	}
}
