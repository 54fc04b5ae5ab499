package external

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/datasource"
)

func TestRead(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "here.sh"), []byte("#!/bin/sh\nprintf '{\"dir\": \"%s\"}' \"${PWD##*/}\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name, script string
		program      []string
		query        map[string]string
		key, want    string
		fails        []string
	}{
		{name: "query and answer", script: `read -r q; printf '{"got": "%s"}' "$(printf %s "$q" | tr -d '"{}')"`, query: map[string]string{"a": "b"}, key: "got", want: "a:b"},
		{name: "query not read", script: `echo '{"a": "b"}'`, key: "a", want: "b"},
		{name: "relative program", program: []string{"./here.sh"}, key: "dir", want: filepath.Base(root)},
		{name: "failure", script: "echo no such thing >&2; exit 3", fails: []string{"running /bin/sh: exit status 3", "no such thing"}},
		{name: "no program", program: []string{"no-such-program"}, fails: []string{"no-such-program", "not found"}},
		{name: "not JSON", script: "echo hello", fails: []string{"reading what /bin/sh wrote", "a JSON object of strings is needed"}},
		{name: "null", script: "echo null", fails: []string{"not null"}},
		{name: "list", script: "echo '[]'", fails: []string{"a JSON object of strings is needed"}},
		{name: "numbers", script: `echo '{"a": 1, "b": "", "c": [2]}'`, fails: []string{`"a" is not a string`, `"c" is not a string`}},
		{name: "too much", script: "cat /dev/zero", fails: []string{"more than 16 MiB"}},
		{name: "much on stderr", script: "head -c 100000 /dev/zero | tr '\\0' x >&2; echo '{\"a\": \"b\"}'", key: "a", want: "b"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := New(datasource.Env{Root: root}).(*External)
			if e.Program = c.program; c.program == nil {
				e.Program = []string{"/bin/sh", "-c", c.script}
			}
			if c.query != nil {
				e.Query = c.query
			}
			if err := e.Validate(); err != nil {
				t.Fatal(err)
			}
			got, err := e.Read(t.Context(), nil)
			if c.fails != nil {
				for _, text := range c.fails {
					if err == nil || !strings.Contains(err.Error(), text) {
						t.Errorf("got %v; want %q", err, text)
					}
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if text := got["result"].Index(cty.StringVal(c.key)).AsString(); text != c.want {
				t.Errorf("%s is %q; want %q", c.key, text, c.want)
			}
		})
	}
}

func TestReadCancelled(t *testing.T) {
	ready := filepath.Join(t.TempDir(), "ready")
	ctx, cancel := context.WithCancelCause(t.Context())
	e := New(datasource.Env{Root: "."}).(*External)
	e.Program = []string{"/bin/sh", "-c", "touch " + ready + "; sleep 600"}
	go func() {
		for tick := time.NewTicker(5 * time.Millisecond); ; <-tick.C {
			if _, err := os.Stat(ready); err == nil {
				cancel(errors.New("interrupted"))
				return
			}
		}
	}()
	if _, err := e.Read(ctx, nil); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("got %v", err)
	}
}

func TestValidate(t *testing.T) {
	for _, program := range [][]string{nil, {""}} {
		if err := (&External{Program: program}).Validate(); err == nil {
			t.Errorf("program %q is accepted", program)
		}
	}
}
