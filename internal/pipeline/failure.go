package pipeline

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
)

// Failure is why a build failed, and where in the template the failing block is.
type Failure struct {
	Range hcl.Range // of the block
	Step  string    // `provisioner "shell"`, "boot", "seal", ...
	Err   error
	Hints []string // what helps to understand it, one a line
}

func (f *Failure) Error() string { return fmt.Sprintf("%s: %s", f.Step, f.Err.Error()) }

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Err }
