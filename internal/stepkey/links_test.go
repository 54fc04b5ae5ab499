package stepkey

import (
	"errors"
	"os"
	"slices"
	"testing"
)

func TestLinks(t *testing.T) {
	t.Chdir(t.TempDir())
	err := errors.Join(
		os.MkdirAll("a/below", 0o755), os.Mkdir("b", 0o755), os.WriteFile("file", nil, 0o600),
		os.Symlink("../../b", "a/below/folder"), os.Symlink("../a", "b/back"), os.Symlink("../file", "b/file"),
		os.Symlink("nowhere", "a/dangling"), os.Symlink("a", "c"),
	)
	if err != nil {
		t.Fatal(err)
	}
	for root, want := range map[string][]string{
		"a": {"a/below/folder", "a/below/folder/back", "a/below/folder/file"},
		"c": {"c/below/folder", "c/below/folder/back", "c/below/folder/file"},
	} {
		if got, err := Links(root); !slices.Equal(got, want) || err != nil {
			t.Errorf("%s: got %q, %v", root, got, err)
		}
	}
	if _, err := Links("none"); err == nil {
		t.Error("there is no such folder")
	}
}
