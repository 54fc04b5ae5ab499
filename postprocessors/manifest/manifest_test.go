package manifest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/postprocessors"
)

func component(env postprocessors.Env, set func(*Manifest)) *Manifest {
	env.BuilderType = "qemu"
	m := New(env).(*Manifest)
	m.now = func() time.Time { return time.Unix(1700000000, 0) }
	if set != nil {
		set(m)
	}
	return m
}

// process runs one post-processor in the folder it finds.
func process(t *testing.T, m *Manifest, in *artifact.Artifact) {
	t.Helper()
	if out, err := m.Process(t.Context(), in, nil); err != nil || out != in {
		t.Fatalf("got %+v, error %v", out, err)
	}
}

// wanted is the format that scripts parse.
const wanted = `{
  "builds": [
    {
      "name": "web",
      "builder_type": "qemu",
      "build_time": 1700000000,
      "files": [
        {
          "name": "out/disk",
          "size": 5
        },
        {
          "name": "out/gone",
          "size": 0
        }
      ],
      "artifact_id": "VM",
      "packer_run_uuid": "run-1",
      "custom_data": {
        "id": "VM",
        "plain": "a \u003c b"
      }
    },
    {
      "name": "web",
      "builder_type": "qemu",
      "files": [
        {
          "name": "disk",
          "size": 5
        }
      ],
      "artifact_id": "eu-central-1:ami-1",
      "packer_run_uuid": "run-1",
      "custom_data": null
    },
    {
      "name": "web",
      "builder_type": "qemu",
      "build_time": 1700000000,
      "files": null,
      "artifact_id": "x",
      "packer_run_uuid": "run-1",
      "custom_data": null
    }
  ],
  "last_run_uuid": "run-1"
}`

func TestFormat(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("out", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("out/disk", []byte("12345"), 0o644); err != nil {
		t.Fatal(err)
	}
	env := postprocessors.Env{BuildName: "web", RunID: "run-1", Vars: map[string]string{"ID": "VM"}}
	process(t, component(env, func(m *Manifest) {
		m.CustomData = map[string]string{"id": "{{build `ID`}}", "plain": "a < b"}
	}), &artifact.Artifact{ID: "VM", Files: []string{"out/disk", "out/gone"}})
	process(t, component(env, func(m *Manifest) { m.StripPath, m.StripTime = true, true }),
		&artifact.Artifact{ID: "eu-central-1:ami-1", Files: []string{"out/disk"}})
	process(t, component(env, nil), &artifact.Artifact{ID: "x"})
	got, err := os.ReadFile("packer-manifest.json")
	if err != nil || string(got) != wanted {
		t.Errorf("error %v, got\n%s", err, got)
	}
}

func TestExistingManifest(t *testing.T) {
	old := `{"builds":[{"name":"old","note":"ours to keep"}],"last_run_uuid":"run-1"}`
	for name, c := range map[string]struct {
		old   string
		env   postprocessors.Env
		names []string
		err   string
	}{
		"none":                 {"", postprocessors.Env{RunID: "run-1"}, []string{"new"}, ""},
		"added":                {old, postprocessors.Env{RunID: "run-2"}, []string{"old", "new"}, ""},
		"forced, another run":  {old, postprocessors.Env{RunID: "run-2", Force: true}, []string{"new"}, ""},
		"forced, the same run": {old, postprocessors.Env{RunID: "run-1", Force: true}, []string{"old", "new"}, ""},
		"empty file":           {"\n", postprocessors.Env{RunID: "run-2"}, []string{"new"}, ""},
		"something else":       {"#!/bin/sh\n", postprocessors.Env{RunID: "run-2"}, nil, "is no manifest"},
	} {
		t.Run(name, func(t *testing.T) {
			output := filepath.Join(t.TempDir(), "sub", "m.json")
			if c.old != "" {
				if err := errors.Join(os.Mkdir(filepath.Dir(output), 0o755), os.WriteFile(output, []byte(c.old), 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			c.env.BuildName = "new"
			m := component(c.env, func(m *Manifest) { m.Output = output })
			_, err := m.Process(t.Context(), &artifact.Artifact{}, nil)
			if c.err != "" {
				if text, _ := os.ReadFile(output); err == nil || !strings.Contains(err.Error(), c.err) || string(text) != c.old {
					t.Errorf("error %v, file %q", err, text)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := builds(t, output); !slices.Equal(got, c.names) {
				t.Errorf("builds are %v, want %v", got, c.names)
			}
			text, _ := os.ReadFile(output)
			if c.names[0] == "old" && !strings.Contains(string(text), "ours to keep") {
				t.Errorf("a field was lost:\n%s", text)
			}
		})
	}
}

// builds lists the names in a manifest.
func builds(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var d struct{ Builds []struct{ Name string } }
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, b := range d.Builds {
		all = append(all, b.Name)
	}
	return all
}

func TestParallelBuildsAllGetIn(t *testing.T) {
	dir := t.TempDir()
	output := filepath.Join(dir, "m.json")
	var all sync.WaitGroup
	var want []string
	for i := range 20 {
		name := fmt.Sprintf("build-%02d", i)
		want = append(want, name)
		all.Go(func() {
			m := component(postprocessors.Env{BuildName: name, RunID: "r", Force: true}, func(m *Manifest) { m.Output = output })
			if _, err := m.Process(t.Context(), &artifact.Artifact{}, nil); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got := builds(t, output)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("builds are %v", got)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("left behind: %v", files)
	}
}

func TestWaitingEndsWithContext(t *testing.T) {
	dir := t.TempDir()
	unlock, err := lock(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	m := component(postprocessors.Env{}, func(m *Manifest) { m.Output = filepath.Join(dir, "m.json") })
	if _, err := m.Process(ctx, &artifact.Artifact{}, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v", err)
	}
}

func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(*Manifest)
		want []string
	}{
		"defaults":             {nil, nil},
		"build data":           {func(m *Manifest) { m.CustomData = map[string]string{"a": "{{build `ID`}} {{timestamp}}"} }, nil},
		"no output":            {func(m *Manifest) { m.Output = "" }, []string{"output"}},
		"no such function":     {func(m *Manifest) { m.CustomData = map[string]string{"a": "{{nonsense}}"} }, []string{"custom_data"}},
		"no such value":        {func(m *Manifest) { m.CustomData = map[string]string{"a": "{{build `Nope`}}"} }, []string{"custom_data"}},
		"no value named":       {func(m *Manifest) { m.CustomData = map[string]string{"a": "{{build}}"} }, []string{"custom_data"}},
		"everything at once":   {func(m *Manifest) { m.Output, m.CustomData = "", map[string]string{"a": "{{"} }, []string{"output", "custom_data"}},
		"values without HCL":   {func(m *Manifest) { m.CustomData = map[string]string{"a": "${x}"} }, nil},
		"no values, but a map": {func(m *Manifest) { m.CustomData = map[string]string{} }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, p := range option.Problems(component(postprocessors.Env{}, c.set).Validate()) {
				got = append(got, p.Option)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("problems with %v, want %v", got, c.want)
			}
		})
	}
}
