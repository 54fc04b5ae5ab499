package outlast

import (
	"context"
	"errors"
	"testing"
)

func TestDo(t *testing.T) {
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	got, err := Do(ctx, func(ctx context.Context) (int, error) {
		cancel(stop)
		return 7, ctx.Err()
	})
	if got != 7 || err != nil {
		t.Errorf("an interrupted call gave %d, %v", got, err)
	}
	got, err = Do(ctx, func(context.Context) (int, error) {
		t.Error("a call was made after the end")
		return 8, nil
	})
	if got != 0 || !errors.Is(err, stop) {
		t.Errorf("got %d, %v", got, err)
	}
}
