package provisioners

import "github.com/ovenbird-io/ovenbird/internal/stepkey"

// Inputs is a provisioner whose work can be remembered, because it can tell
// what that depends on besides its options.
type Inputs interface {
	// Inputs are the paths of the files and folders of this machine that it
	// uploads or runs. An error that wraps stepkey.ErrUnnamed says, in a few
	// words, why these options make something that cannot be told.
	Inputs() ([]string, error)
}

// InputsOf are the inputs of any provisioner; the error is as theirs.
func InputsOf(p Provisioner) ([]string, error) {
	if p, ok := p.(Inputs); ok {
		return p.Inputs()
	}
	return nil, stepkey.Unnamed("it does not say what it depends on; cache { inputs = [...] } can")
}
