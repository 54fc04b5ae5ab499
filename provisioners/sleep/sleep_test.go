package sleep_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
	"github.com/ovenbird-io/ovenbird/provisioners/sleep"
)

func TestProvision(t *testing.T) {
	why := errors.New("interrupted")
	interrupted, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	tests := map[string]struct {
		ctx      context.Context
		duration time.Duration
		want     error
	}{
		"waits":       {t.Context(), 20 * time.Millisecond, nil},
		"not at all":  {t.Context(), 0, nil},
		"interrupted": {interrupted, time.Hour, why},
	}
	for name, test := range tests {
		s, _ := sleep.New(provisioners.Env{}).(*sleep.Sleep)
		s.Duration = test.duration
		start := time.Now()
		if err := s.Provision(test.ctx, nil, &ui.UI{}); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
		if took := time.Since(start); test.want == nil && took < test.duration {
			t.Errorf("%s: only %s", name, took)
		}
	}
}

func TestValidate(t *testing.T) {
	s := &sleep.Sleep{Duration: -time.Second}
	if all := option.Problems(s.Validate()); len(all) != 1 || all[0].Option != "duration" {
		t.Errorf("got %v", all)
	}
	s.Duration = time.Second
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
}

func TestInputs(t *testing.T) {
	p, ok := sleep.New(provisioners.Env{}).(provisioners.Inputs)
	if !ok {
		t.Fatal("it cannot be remembered")
	}
	if got, err := p.Inputs(); len(got) > 0 || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}
