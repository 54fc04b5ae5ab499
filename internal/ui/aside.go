package ui

// Aside gives the UI of something that belongs to no build, such as a data
// source. It is in no summary.
func (r *Root) Aside(name string) *UI { return &UI{root: r, build: name} }
