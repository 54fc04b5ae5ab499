package manifest

import (
	"os"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/postprocessors"
)

func TestManifestOutlivesTheArtifact(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("output", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("output/disk", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	in := &artifact.Artifact{Files: []string{"output/disk"}, Destroy: func() error { return os.RemoveAll("output") }}
	m, _ := New(postprocessors.Env{}).(*Manifest)
	m.Output = "output/manifest.json"
	if _, err := m.Process(t.Context(), in, &ui.UI{}); err != nil {
		t.Fatal(err)
	}
	if err := in.Destroy(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(m.Output); err != nil {
		t.Error(err)
	}
}
