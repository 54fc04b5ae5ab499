package pipeline

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
)

func TestSpareLeavesWhatStandsInTheFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("output", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"disk", "log", "disk.zst", "disk.zst.sha256"} {
		if err := os.WriteFile(filepath.Join("output", name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	made := &artifact.Artifact{Files: []string{"output/disk"}, Destroy: func() error { return os.RemoveAll("output") }}
	// The sums were made of the compressed file, not of the image itself.
	spare(made, []*artifact.Artifact{{Files: []string{"output/disk.zst", "output/disk.zst.sha256"}}})
	if err := destroy(made); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob("output/*")
	if err != nil || !slices.Equal(left, []string{"output/disk.zst", "output/disk.zst.sha256", "output/log"}) {
		t.Errorf("left %v, error %v", left, err)
	}
}
