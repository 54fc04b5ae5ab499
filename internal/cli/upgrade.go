package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"

	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/templates"
)

func upgradeFlags(fs *flag.FlagSet, o *options) {
	fs.StringVar(&o.outputFile, "output-file", "", "write to `FILE`, replacing it; \"-\" is stdout (default TEMPLATE.pkr.hcl)")
	fs.BoolVar(&o.annotated, "with-annotations", false, "explain the result with comments")
	fs.BoolVar(&o.force, "force", false, "replace TEMPLATE.pkr.hcl if it is there")
	outputFlags(fs, o)
}

// runUpgrade rewrites a legacy JSON template in HCL.
func runUpgrade(_ context.Context, r *run) int {
	text, files, diags := templates.UpgradeLegacy(r.args[0], r.env.Stdin, r.components, r.options.annotated)
	r.report(files, diags)
	if diags.HasErrors() {
		return ExitUsage
	}
	name, flags := r.options.outputFile, os.O_WRONLY|os.O_CREATE|os.O_TRUNC
	if name == "" {
		if name = r.args[0] + ".pkr.hcl"; !r.options.force {
			flags |= os.O_EXCL
		}
	}
	if name == "-" || r.options.outputFile == "" && r.args[0] == "-" {
		r.out.File(string(text))
		return ExitOK
	}
	if err := writeFile(name, text, flags); errors.Is(err, fs.ErrExist) {
		return r.usage("%s exists already; -force replaces it, -output-file names another", name)
	} else if err != nil {
		return r.usage("%s cannot be written: %s", name, hclfile.Reason(err))
	}
	r.out.Result("Successfully created " + name)
	return ExitOK
}

func writeFile(name string, text []byte, flags int) error {
	f, err := os.OpenFile(name, flags, 0o644)
	if err != nil {
		return fmt.Errorf("writing the template: %w", err)
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
