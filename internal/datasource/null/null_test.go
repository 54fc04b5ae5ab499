package null

import (
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/datasource"
)

func TestRead(t *testing.T) {
	source := New(datasource.Env{})
	source.(*Null).Input = "hello"
	got, err := source.Read(t.Context(), nil)
	if err != nil || got["output"].AsString() != "hello" || len(got) != len(source.Outputs()) {
		t.Errorf("got %v, %v", got, err)
	}
}
