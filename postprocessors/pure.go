package postprocessors

// Pure is a post-processor whose work depends on nothing but its options and
// the artifact, so that it need not be done again when neither has changed.
// With some options it may not be pure.
type Pure interface{ Pure() bool }
