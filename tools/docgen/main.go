// Command docgen writes docs/options from the option structs; with -check it
// only says which pages are stale and exits 1 when one is.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ovenbird-io/ovenbird/internal/docgen"
)

func main() {
	check := flag.Bool("check", false, "change nothing; fail when a page is stale")
	flag.Parse()
	if err := run(".", *check); err != nil {
		fmt.Fprintln(os.Stderr, "docgen:", err)
		os.Exit(1)
	}
}

func run(root string, check bool) error {
	all, err := docgen.Components(root)
	if err != nil {
		return err
	}
	dir := filepath.Join(root, "docs", "options")
	if !check {
		return docgen.Write(dir, docgen.Pages(all))
	}
	if stale := docgen.Stale(dir, docgen.Pages(all)); len(stale) > 0 {
		return fmt.Errorf("%s is stale: %v; run make docs", dir, stale)
	}
	return nil
}
