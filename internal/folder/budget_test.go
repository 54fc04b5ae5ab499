package folder

import "testing"

func TestBudget(t *testing.T) {
	for _, dir := range []string{t.TempDir(), "/none"} {
		if b := Budget(dir); b <= 0 || b > mostBudget {
			t.Errorf("%s: %d bytes", dir, b)
		}
	}
}
