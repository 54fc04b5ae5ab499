package docgen

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Pages renders one Markdown page for each component and an index, by file name.
func Pages(all []Component) map[string][]byte {
	pages := map[string][]byte{}
	index := &bytes.Buffer{}
	fmt.Fprint(index, "<!-- Generated from the option structs by `make docs`; do not edit. -->\n\n# Options\n\n")
	for _, c := range all {
		pages[c.file()] = c.page()
		fmt.Fprintf(index, "- [%s `%s`](%s)\n", c.Kind, c.Name, c.file())
	}
	pages["README.md"] = index.Bytes()
	return pages
}

func (c Component) page() []byte {
	b := &bytes.Buffer{}
	fmt.Fprintf(b, "<!-- Generated from the option struct by `make docs`; do not edit. -->\n\n# %s `%s`\n\n", strings.ToUpper(c.Kind[:1])+c.Kind[1:], c.Name)
	if c.Doc != "" {
		fmt.Fprintf(b, "%s\n\n", c.Doc)
	}
	if len(c.Options) == 0 {
		fmt.Fprint(b, "It has no options of its own.\n")
		return b.Bytes()
	}
	writeOptions(b, c.Options, "")
	return b.Bytes()
}

func writeOptions(b *bytes.Buffer, options []Option, indent string) {
	for _, o := range options {
		facts := o.Type
		if o.Required {
			facts += ", required"
		}
		if o.Default != "" && !strings.Contains(o.Doc, "Default ") {
			facts += ", default `" + o.Default + "`"
		}
		fmt.Fprintf(b, "%s- `%s` (%s)", indent, o.Name, facts)
		if o.Doc != "" {
			fmt.Fprintf(b, ": %s", strings.ReplaceAll(o.Doc, "\n", "\n"+indent+"  "))
		}
		fmt.Fprint(b, "\n")
		writeOptions(b, o.Options, indent+"  ")
	}
}

// Write makes dir hold exactly the pages.
func Write(dir string, pages map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("writing the option pages: %w", err)
	}
	for _, name := range extra(dir, pages) {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("removing an old option page: %w", err)
		}
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return fmt.Errorf("writing the option pages: %w", err)
		}
	}
	return nil
}

// Stale lists the files of dir that differ from the pages, are missing or are too many.
func Stale(dir string, pages map[string][]byte) []string {
	stale := extra(dir, pages)
	for name, text := range pages {
		if have, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(have, text) {
			stale = append(stale, name)
		}
	}
	return stale
}

// extra lists the pages in dir that no component has.
func extra(dir string, pages map[string][]byte) []string {
	var names []string
	files, _ := filepath.Glob(filepath.Join(dir, "*.md"))
	for _, f := range files {
		if name := filepath.Base(f); pages[name] == nil {
			names = append(names, name)
		}
	}
	return names
}
