package scope

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// What a function reads from a manager of secrets is a secret of the scope.
func TestUseSecrets(t *testing.T) {
	expr, diags := hclsyntax.ParseExpression([]byte(`aws_secretsmanager("db", "user")`), "", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	s := New(".", time.Now(), map[string]*hcl.File{})
	s.SetVariables(Inputs{})
	s.EvaluateLocals()
	if v, diags := expr.Value(s.Base()); diags.HasErrors() || v.IsKnown() {
		t.Errorf("offline it is %#v, %v", v, diags)
	}
	shown := ""
	s.UseSecrets(t.Context(), nil, nil)
	s.UseSecrets(t.Context(), func(_ context.Context, name, key string, _ bool) (string, []string, error) {
		return name + key, []string{"all\nof it"}, nil
	}, func(hidden ...string) { shown = strings.Join(hidden, " ") })
	v, diags := expr.Value(s.Base())
	if diags.HasErrors() || v.AsString() != "dbuser" || shown != "all\nof it" || !slices.Contains(s.Secrets(), "of it") {
		t.Errorf("got %#v, %v; secrets are %q", v, diags, s.Secrets())
	}
}
