package seal_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/seal"
)

func TestScrub(t *testing.T) {
	secret := []byte("AAAAC3NzaC1lZDI1NTE5AAAA")
	const size = 9 << 20
	tests := map[string][]int{
		"none":              {},
		"ends":              {0, size - len(secret)},
		"across two reads":  {4<<20 - 10},
		"right at the seam": {4<<20 - len(secret), 4 << 20},
		"side by side":      {100, 100 + len(secret)},
	}
	for name, places := range tests {
		image := bytes.Repeat([]byte("data"), size/4)
		want := bytes.Clone(image)
		for _, p := range places {
			copy(image[p:], secret)
			copy(want[p:], make([]byte, len(secret)))
		}
		file := filepath.Join(t.TempDir(), "image")
		if err := os.WriteFile(file, image, 0o600); err != nil {
			t.Fatal(err)
		}
		found, err := seal.Scrub(t.Context(), file, secret)
		if err != nil || found != len(places) {
			t.Errorf("%s: found %d: %v", name, found, err)
		}
		if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: the image is another: %v", name, err)
		}
	}
	if _, err := seal.Scrub(t.Context(), "unused", []byte("short")); err == nil {
		t.Error("a short secret is accepted")
	}
}
