package qemu

// Keep leaves the machine's files when it is closed, as -on-error=abort does.
func (m *machine) Keep() { m.b.env.Keep = true }
