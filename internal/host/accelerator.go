package host

import "github.com/ovenbird-io/ovenbird/internal/accel"

// Accelerator is never missing: without KVM a bake is slow, not impossible.
func Accelerator(a accel.Result) Check {
	c := Check{Name: "accelerator", OK: true, Found: a.Name}
	if a.Name != "kvm" {
		c.Found += " (machines are emulated, which is slow)"
	}
	if a.Reason != "" {
		c.Found += ": " + a.Reason
	}
	return c
}
