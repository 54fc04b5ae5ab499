package provisioners

// Inputs is a provisioner whose work can be remembered, because it can tell
// what that depends on besides its options.
type Inputs interface {
	// Inputs are the paths of the files and folders of this machine that it
	// uploads or runs. An error that wraps stepkey.ErrUnnamed says, in a few
	// words, why these options make something that cannot be told.
	Inputs() ([]string, error)
}
