package provisioners

import "github.com/ovenbird-io/ovenbird/internal/stepkey"

// Inputs is a provisioner whose work can be remembered, because it can tell
// what that depends on besides its options.
type Inputs interface {
	// Inputs are the paths of the files and folders of this machine that it
	// uploads or runs. The error wraps ErrUnnamed, with a reason, when these
	// options make something that cannot be told.
	Inputs() ([]string, error)
}

// ErrUnnamed says that a provisioner cannot tell all that its work depends on.
var ErrUnnamed = stepkey.ErrUnnamed
