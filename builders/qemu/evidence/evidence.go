// Package evidence keeps what helps to understand why a bake failed: the log of
// the guest's console and a screenshot.
package evidence

import (
	"context"
	"os"
	"path/filepath"

	"github.com/ovenbird-io/ovenbird/builders/qemu/vm"
)

// The files that tell what a guest showed.
const (
	Console = "console.log"
	screen  = "screen.png"
)

// tailLines is how much of the console is told at once.
const tailLines = 20

// Folder is where it is kept, beside the output folder of that name.
func Folder(output string) string { return filepath.Clean(output) + "-failed" }

// Collect saves evidence of the machine, whose console's log is at the path
// log, in the folder, and tells of it, one fact a line. Of a guest that was
// entered the console tells little.
func Collect(ctx context.Context, v *vm.VM, log, folder string, entered bool) []string {
	var hints []string
	if !entered {
		hints = said(v)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return append(hints, "no evidence was saved: "+err.Error())
	}
	if path, err := SaveConsole(log, folder); err == nil {
		hints = append(hints, "the guest's console: "+path)
	}
	shown, err := filepath.Abs(filepath.Join(folder, screen))
	if err == nil {
		err = v.Screenshot(ctx, shown)
	}
	if err == nil {
		hints = append(hints, "the guest's screen: "+filepath.Join(folder, screen))
	}
	return hints
}

// said are the last lines on the console, and what they mean.
func said(v *vm.VM) []string {
	var hints []string
	lines, meaning := v.Console(tailLines)
	if meaning != "" {
		hints = append(hints, meaning)
	}
	if len(lines) == 0 {
		return append(hints, "the guest wrote nothing to its serial console (its kernel needs console=ttyS0)")
	}
	hints = append(hints, "the guest's console, its last lines:")
	for _, l := range lines {
		hints = append(hints, "  | "+l)
	}
	return hints
}

// SaveConsole copies the console's log into a folder.
func SaveConsole(log, folder string) (string, error) {
	text, err := os.ReadFile(log)
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, Console)
	return path, os.WriteFile(path, text, 0o644)
}

// Forget removes the evidence of an earlier failure, and nothing else.
func Forget(folder string) {
	for _, name := range []string{Console, screen} {
		_ = os.Remove(filepath.Join(folder, name)) // most often there is none
	}
	_ = os.Remove(folder) // only when it is empty
}
