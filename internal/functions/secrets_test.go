package functions

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

func TestSecrets(t *testing.T) {
	for text, want := range map[string]string{
		`aws_secretsmanager("db", "user")`:                      "db user false",
		`aws_secretsmanager("db", null)`:                        "db  false",
		`aws_secretsmanager("db")`:                              "db  false",
		`aws_secretsmanager_raw("db")`:                          "db  true",
		`"x${aws_secretsmanager("db", "user")}"`:                "xdb user false",
		`try(aws_secretsmanager("none", "user"), "?")`:          "?",
		`aws_secretsmanager("none", "user")`:                    "!there is none",
		`aws_secretsmanager("db", "user", "more")`:              "!nothing after",
		`aws_secretsmanager_raw("db", "user")`:                  "!Too many",
		`templatefile("testdata/secret.tmpl", { name = "db" })`: "db user false",
	} {
		for _, online := range []bool{true, false} {
			var s Secrets
			if online {
				s.Read = func(name, key string, raw bool) (string, error) {
					if name == "none" {
						return "", errors.New("there is none")
					}
					return name + " " + key + map[bool]string{true: " true", false: " false"}[raw], nil
				}
			}
			table := Table(".", time.Time{}, &s)
			expr, diags := hclsyntax.ParseExpression([]byte(text), "", hcl.InitialPos)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			got, diags := expr.Value(&hcl.EvalContext{Functions: table})
			problem, fails := strings.CutPrefix(want, "!")
			switch {
			case fails && (online || !strings.Contains(want, "none")):
				if !strings.Contains(diags.Error(), problem) {
					t.Errorf("%s: %v", text, diags)
				}
			case diags.HasErrors() || got.IsKnown() != online:
				t.Errorf("%s, online %t: %#v, %v", text, online, got, diags)
			case online && got.AsString() != want:
				t.Errorf("%s: %q", text, got.AsString())
			case got.Type() != cty.String && got.Type() != cty.DynamicPseudoType:
				t.Errorf("%s: %#v", text, got)
			}
		}
	}
}
