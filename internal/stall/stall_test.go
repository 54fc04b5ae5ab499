package stall

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func TestStandingStill(t *testing.T) {
	ctx, w := Start(t.Context(), time.Millisecond)
	defer w.Stop()
	<-ctx.Done()
	if cause := context.Cause(ctx); !strings.Contains(cause.Error(), "sent nothing for 1ms") {
		t.Errorf("got %v", cause)
	}
}

func TestStop(t *testing.T) {
	ctx, w := Start(t.Context(), time.Hour)
	text, err := io.ReadAll(w.Reader(strings.NewReader("text")))
	if err != nil || string(text) != "text" || ctx.Err() != nil {
		t.Errorf("got %q, %v, %v", text, err, ctx.Err())
	}
	w.Stop()
	if !errors.Is(context.Cause(ctx), context.Canceled) {
		t.Errorf("got %v", context.Cause(ctx))
	}
}
