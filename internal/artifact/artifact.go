// Package artifact describes what a build made.
package artifact

// Artifact is the result of a builder or a post-processor. A post-processor
// that returns the very pointer it was given only looked at it.
type Artifact struct {
	Builder string            // the builder's stable id, such as "transcend.qemu"; scripts parse it
	ID      string            // "VM" for qemu; "region:ami-..." for EC2
	Title   string            // one line for people
	Files   []string          // paths of all files, as the user would type them
	Details map[string]string // facts for programs: "disk", "format", "size_bytes", "packages", ...

	// Destroy removes it from the world, but for the files at the paths kept,
	// and is harmless when all is gone; nil when there is nothing to remove.
	Destroy func(kept []string) error
}
