package datasource

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/ui"
)

type plain struct{ values map[string]cty.Value }

func (plain) Outputs() Outputs { return Outputs{"a": cty.String, "b": cty.Map(cty.String)} }

func (p plain) Read(context.Context, *ui.UI) (map[string]cty.Value, error) {
	if p.values == nil {
		return nil, errors.New("no values")
	}
	return p.values, nil
}

type discreet struct{ plain }

func (discreet) Secrets(sensitive bool) []string {
	if sensitive {
		return []string{"one\ntwo"}
	}
	return nil
}

func TestReadAll(t *testing.T) {
	read := func(_ string, s Source) (map[string]cty.Value, error) { return s.Read(t.Context(), nil) }
	values := map[string]cty.Value{"a": cty.StringVal("text")}
	all := []*Reading{{ID: "data.x.a", Source: plain{values}}, {ID: "data.x.b", Source: plain{}}, {ID: "data.x.c", Source: discreet{plain{values}}}}
	ReadAll(all, read)
	if v := all[0].Value; all[0].Err != nil || v.GetAttr("a").AsString() != "text" || !v.GetAttr("b").IsNull() {
		t.Errorf("got %#v, %v", v, all[0].Err)
	}
	if all[1].Value != cty.NilVal || all[1].Err == nil {
		t.Errorf("a failure gives %#v, %v", all[1].Value, all[1].Err)
	}
	cases := []struct {
		of        *Reading
		sensitive bool
		want      string
	}{
		{all[0], false, ""}, {all[0], true, "text"}, {all[2], false, ""}, {all[2], true, "one\ntwo one two"},
	}
	for i, c := range cases {
		if got := c.of.Secrets(c.sensitive); strings.Join(got, " ") != c.want {
			t.Errorf("%d: secrets %q; want %q", i, got, c.want)
		}
	}
}

func TestUnknown(t *testing.T) {
	v := plain{}.Outputs().Unknown()
	if v.IsWhollyKnown() || v.GetAttr("b").Type() != cty.Map(cty.String) {
		t.Errorf("got %#v", v)
	}
	err := &ReadError{Source: "data.x.a", Err: errors.ErrUnsupported}
	if !errors.Is(err, errors.ErrUnsupported) || !slices.Contains(strings.Fields(err.Error()), "data.x.a:") {
		t.Errorf("got %v", err)
	}
}
