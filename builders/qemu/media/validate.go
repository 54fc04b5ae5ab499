package media

import (
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/seed"
)

// Validate reports a file of the CD that is not there.
func (c *CDs) Validate() error {
	if err := seed.Check(c.CDFiles); err != nil {
		return option.Bad("cd_files", "%s; paths are relative to the current folder.", err)
	}
	return nil
}
