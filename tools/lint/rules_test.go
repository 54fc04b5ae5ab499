package main

import (
	"go/ast"
	"testing"
)

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"", "/builders/qemu", true},
		{"", "/internal/cli", true},
		{"/internal/cli", "/templates", true},
		{"/internal/cli", "/internal/pipeline", true},
		{"/internal/cli", "/builders/qemu", false},
		{"/internal/pipeline", "/templates", true},
		{"/internal/pipeline", "/builders", true},
		{"/internal/pipeline", "/internal/cli", false},
		{"/templates", "/provisioners", true},
		{"/templates", "/internal/pipeline", false},
		{"/templates", "/provisioners/shell", false},
		{"/builders/qemu", "/builders", true},
		{"/builders/qemu", "/builders/qemu/inner", true},
		{"/builders/qemu", "/internal/guest", true},
		{"/builders/qemu", "/provisioners", false},
		{"/builders/qemu", "/templates", false},
		{"/provisioners/shell", "/internal/cli", false},
		{"/builders", "/internal/artifact", true},
		{"/builders", "/templates", false},
		{"/internal/guest", "/internal/ui", true},
		{"/internal/guest", "/builders", false},
		{"/tools/bench", "/builders/qemu", false},
	} {
		if got := allowed(module+c.from, module+c.to); got != c.want {
			t.Errorf("%q importing %q: allowed is %t, want %t", c.from, c.to, got, c.want)
		}
	}
	if !allowed(module+"/internal/guest", "golang.org/x/crypto/ssh") {
		t.Error("other modules are nobody's business here")
	}
}

func TestExcuses(t *testing.T) {
	for _, c := range []struct {
		comment, name string
		want          bool
	}{
		{"//nolint:noctx // it must outlive every context", "noctx", true},
		{"//nolint:errorlint,noctx", "noctx", true},
		{"//nolint:staticcheck", "SA1019", true},
		{"//nolint:noctx", "errorlint", false},
		{"// nolint is a word", "noctx", false},
	} {
		if got := excuses(&ast.Comment{Text: c.comment}, c.name); got != c.want {
			t.Errorf("%s for %s: %t, want %t", c.comment, c.name, got, c.want)
		}
	}
}
