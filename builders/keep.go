package builders

// Keeper is a machine whose files can be left behind for someone to look at,
// decided after it failed. Close then releases the rest.
type Keeper interface{ Keep() }
