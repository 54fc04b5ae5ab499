package profile

import (
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	good := Statement{Action: []string{"s3:GetObject"}, Resource: []string{"*"}}
	for _, c := range []struct {
		name string
		o    Options
		want string
	}{
		{"none", Options{}, ""},
		{"a policy", Options{Policy: &Policy{Statement: []Statement{good}}}, ""},
		{"an empty one", Options{Policy: &Policy{}}, "A Statement block is required"},
		{"no action", Options{Policy: &Policy{Statement: []Statement{{Effect: "Deny"}}}}, "Action and Resource"},
		{"an effect", Options{Policy: &Policy{Statement: []Statement{{Effect: "Maybe", Action: good.Action, Resource: good.Resource}}}}, "Statement.Effect"},
		{"both", Options{IAMInstanceProfile: "a", Policy: &Policy{Statement: []Statement{good}}}, "iam_instance_profile"},
	} {
		err := c.o.Validate()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

func TestDocument(t *testing.T) {
	p := Policy{Statement: []Statement{{Action: []string{"s3:GetObject"}, Resource: []string{"*"}}}}
	const want = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["*"]}]}`
	if got, err := p.document(); err != nil || got != want {
		t.Errorf("got %s, %v", got, err)
	}
	if p.Version != "" || p.Statement[0].Effect != "" {
		t.Error("the options were changed")
	}
}
