package manifest

import (
	"errors"
	"os"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/postprocessors"
)

func TestReplacingAManifest(t *testing.T) {
	t.Chdir(t.TempDir())
	err := errors.Join(os.WriteFile("private.json", []byte(`{"builds":[]}`), 0o600), os.WriteFile("private.json.new", []byte("mine"), 0o600),
		os.Symlink("private.json", "link.json"))
	if err != nil {
		t.Fatal(err)
	}
	process(t, component(postprocessors.Env{}, func(m *Manifest) { m.Output = "link.json" }), &artifact.Artifact{ID: "x"})
	if info, err := os.Lstat("private.json"); err != nil || info.Mode() != 0o600 || info.Size() < 50 {
		t.Errorf("the manifest is %+v, %v", info, err)
	}
	if text, err := os.ReadFile("private.json.new"); err != nil || string(text) != "mine" {
		t.Errorf("a file of the user's is %q, %v", text, err)
	}
}
