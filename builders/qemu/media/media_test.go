package media

import (
	"testing"
)

func TestHostName(t *testing.T) {
	for in, want := range map[string]string{"debian": "debian", "My_Image.12": "my-image-12", "__": "ovenbird", "": "ovenbird"} {
		if got := hostName(in); got != want {
			t.Errorf("hostName(%q) = %q, want %q", in, got, want)
		}
	}
}
