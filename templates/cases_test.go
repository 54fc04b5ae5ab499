package templates

import "testing"

// TestCases runs testdata/cases/*.txtar, written like those of TestLoad: each
// is one feature of the language or one mistake.
func TestCases(t *testing.T) { loadAll(t, "testdata/cases/*.txtar") }
