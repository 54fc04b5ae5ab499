package checkpoint

import (
	"context"

	"github.com/ovenbird-io/ovenbird/internal/filelock"
)

// Claim gets the right to make the machine of a key, waiting while another
// process or goroutine has it. It ends with the process, or with release.
func (s *Store) Claim(ctx context.Context, key string) (release func(), err error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	f, err := filelock.Wait(ctx, s.path("claims", key))
	if err != nil {
		return nil, err
	}
	return filelock.Remover(f), nil
}

// TryClaim is Claim without waiting: ok says whether the claim is ours.
func (s *Store) TryClaim(key string) (release func(), ok bool, err error) {
	if err := checkKey(key); err != nil {
		return nil, false, err
	}
	f, err := filelock.Acquire(s.path("claims", key), filelock.TryExclusive)
	if f == nil || err != nil {
		return nil, false, err
	}
	return filelock.Remover(f), true, nil
}
