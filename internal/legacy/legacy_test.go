package legacy

import (
	"strings"
	"testing"
)

func TestIs(t *testing.T) {
	for name, want := range map[string]bool{"-": true, "a.json": true, "a.pkr.json": false, "a.pkr.hcl": false, "dir": false} {
		if Is(name) != want {
			t.Errorf("Is(%q) is %t", name, !want)
		}
	}
}

func TestAnnotated(t *testing.T) {
	src := []byte(`{"min_packer_version": "1.0.0", "builders": [{"type": "t", "x": "{{timestamp}}"}]}`)
	with, diags := Upgrade("a.json", src, nil, true)
	without, more := Upgrade("a.json", src, nil, false)
	if len(diags)+len(more) > 0 {
		t.Fatal(diags, more)
	}
	if n := strings.Count(string(with), "# "); n < 3 || strings.Contains(string(without), "# ") {
		t.Errorf("%d comments with annotations; without:\n%s", n, without)
	}
}

func TestReadFromNowhere(t *testing.T) {
	if _, _, diags := Read("nothing.json", nil); !diags.HasErrors() {
		t.Error("a file that is not there is no error")
	}
	name, src, diags := Read("-", strings.NewReader("\xef\xbb\xbf{}"))
	if name != "<stdin>" || string(src) != "{}" || diags.HasErrors() {
		t.Error(name, string(src), diags)
	}
}
