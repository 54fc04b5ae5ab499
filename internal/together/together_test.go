package together

import (
	"errors"
	"testing"
)

func TestDo(t *testing.T) {
	a, b := errors.New("a"), errors.New("b")
	met := make(chan bool)
	err := Do(
		func() error { met <- true; return a }, // ends only beside the next one
		func() error { <-met; return nil },
		func() error { return b },
	)
	if !errors.Is(err, a) || !errors.Is(err, b) || err.Error() != "a\nb" {
		t.Errorf("got %v", err)
	}
	if err := Do(); err != nil {
		t.Errorf("nothing: %v", err)
	}
}
