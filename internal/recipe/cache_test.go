package recipe

import (
	"fmt"
	"testing"
)

func TestCache(t *testing.T) {
	for _, c := range []struct{ name, build, want string }{
		{"nothing", "", "{false 0s []} {false 0s []}"},
		{"off", "cache = false", "{true 0s []} {false 0s []}"},
		{"null", "cache = null", "{false 0s []} {false 0s []}"},
		{"for a while", `cache { max_age = "90m" }`, "{false 1h30m0s []} {false 0s []}"},
		{"of a step", `provisioner "p" { cache = "false" }`, "{false 0s []} {true 0s []}"},
		{"inputs", "provisioner \"p\" {\n" + `cache { inputs = ["a", "b/**"] }` + "\n}", "{false 0s []} {false 0s [a b/**]}"},
		{"a negative age", "provisioner \"p\" {\n" + `cache { max_age = "-1h" }` + "\n}", "{false 0s []} {false -1h0m0s []} Invalid max_age"},
		{"both", "cache = true\ncache {}", "{false 0s []} {false 0s []} cache twice"},
		{"no pattern", "provisioner \"p\" {\n" + `cache { inputs = ["a[", "b"] }` + "\n}", "{false 0s []} {false 0s [b]} Invalid inputs"},
		{"inputs of a build", `cache { inputs = [] }`, "{false 0s []} {false 0s []} Unsupported argument"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := read(t, "source \"any\" \"a\" {}\nbuild {\nsources = [\"any.a\"]\n"+c.build+"\n}\n")
			var step Cache
			for _, s := range r.Builds[0].Provisioners {
				step = s.Meta.Provisioner.Cache
			}
			got := fmt.Sprint(r.Builds[0].Cache, step)
			for _, d := range r.Diags {
				got += " " + d.Summary
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
