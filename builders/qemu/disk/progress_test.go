package disk

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/builders/qemu/hardware"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/internal/ui/jsonlines"
)

func TestFlattenTellsBytes(t *testing.T) {
	dir := t.TempDir()
	from := filepath.Join(dir, "from")
	img(t, "create", "-q", "-f", "qcow2", from, fmt.Sprint(4*block))
	fill(t, from, 1, 2)
	var told bytes.Buffer
	root := ui.New(ui.Options{Sink: &jsonlines.Sink{W: &told}})
	o := Options{Format: "qcow2"}
	if err := o.Flatten(t.Context(), hardware.Disk{Path: from, Format: "qcow2"}, filepath.Join(dir, "to"), root.Aside("qemu.a")); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(told.String()), "\n")
	if end, want := lines[len(lines)-1], fmt.Sprintf(`"done":%d,"total":%d`, 4*block, 4*block); !strings.Contains(end, want) {
		t.Errorf("want %s in %s", want, end)
	}
}
