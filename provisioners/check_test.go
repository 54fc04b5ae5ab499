package provisioners_test

import (
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

func TestCheck(t *testing.T) {
	tests := map[string]struct {
		check func(string, ...string) error
		paths []string
		bad   int
	}{
		"not set":           {provisioners.CheckFile, []string{""}, 0},
		"a file":            {provisioners.CheckFile, []string{"check.go"}, 0},
		"a directory":       {provisioners.CheckDirectory, []string{"file"}, 0},
		"file or directory": {provisioners.CheckFile, []string{"file", "check.go"}, 1},
		"directory or file": {provisioners.CheckDirectory, []string{"file", "check.go"}, 1},
		"neither":           {provisioners.CheckFile, []string{"none", "nor", "check.go/x"}, 3},
	}
	for name, test := range tests {
		got := option.Problems(test.check("opt", test.paths...))
		if len(got) != test.bad || len(got) > 0 && got[0].Option != "opt" {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
