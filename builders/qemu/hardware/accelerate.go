package hardware

import (
	"context"
	"fmt"

	"github.com/ovenbird-io/ovenbird/internal/accel"
)

// Prover finds out whether hardware acceleration works, once for all machines
// of a build.
type Prover struct{ found accel.Result }

// Find gives the accelerator of a machine: the option's, or, where KVM would be
// used, what proves to work, with the reason if that is not KVM.
func (p *Prover) Find(ctx context.Context, s *Spec) (accel.Result, error) {
	if s.Accelerator != "" && s.Accelerator != accel.KVM {
		return accel.Result{Name: s.Accelerator}, nil
	}
	if p.found.Name == "" {
		found := accel.Probe(ctx, s.QEMUBinary)
		if ctx.Err() != nil {
			return found, context.Cause(ctx)
		}
		p.found = found
	}
	return p.found, nil
}

// Choose is Find, but refuses what the user does not want; required forbids to
// emulate.
func (p *Prover) Choose(ctx context.Context, s *Spec, required bool) (accel.Result, error) {
	found, err := p.Find(ctx, s)
	switch {
	case err != nil:
		return found, err
	case found.Reason == "":
		if required && (found.Name == accel.TCG || found.Name == "none") {
			return found, fmt.Errorf("accelerator = %q emulates, and -require-accel forbids that", found.Name)
		}
	case s.Accelerator == accel.KVM:
		return found, fmt.Errorf("accelerator = \"kvm\" cannot be used: %s; mend that, or remove the option to emulate where there is no KVM", found.Reason)
	case required:
		return found, fmt.Errorf("there is no hardware acceleration, and -require-accel forbids to emulate: %s", found.Reason)
	}
	return found, nil
}
