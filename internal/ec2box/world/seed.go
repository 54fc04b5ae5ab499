package world

// Seed is an image that a sandbox begins with.
type Seed struct {
	Region       string // "" is the first one
	Name         string
	Path         string // a qcow2 or raw file; "" is an empty disk
	Description  string
	Owner        string // the number of an account; "" is the sandbox's own
	OwnerAlias   string // such as "amazon"
	Architecture string // "" is x86_64
	BootMode     string // "" for none
	RootDevice   string // "" is /dev/xvda
	Created      string // RFC 3339; "" is now
	Public       bool
	SizeGiB      int64 // of an empty disk; 0 is 8
	Tags         map[string]string
}
