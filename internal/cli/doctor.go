package cli

import (
	"context"
	"os/exec"

	"github.com/ovenbird-io/ovenbird/internal/accel"
	"github.com/ovenbird-io/ovenbird/internal/host"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

const qemu = "qemu-system-x86_64"

// runDoctor tells what this machine has and lacks for baking.
func runDoctor(ctx context.Context, r *run) int {
	cache, err := host.CacheDir(r.env.Getenv)
	checks := host.Checks(ctx, host.Options{CacheDir: cache})
	if err != nil {
		checks = append(checks, host.Check{Name: "cache", Needed: true, Found: err.Error(), Fix: "export OVENBIRD_CACHE_DIR=/some/folder"})
	}
	if path, err := exec.LookPath(qemu); err == nil {
		checks = append(checks, host.Accelerator(accel.Probe(ctx, path)))
	}
	code := ExitOK
	for _, c := range checks {
		r.out.Check(ui.Check{Name: c.Name, OK: c.OK, Needed: c.Needed, Found: c.Found, Fix: c.Fix}, c.String())
		if !c.OK && c.Needed {
			code = ExitFailed
		}
	}
	return code
}
