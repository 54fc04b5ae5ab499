package folder

const mostBudget = 50 << 30 // bytes

// Budget is how much may be kept in dir, in bytes: 50 GiB, or a fifth of what
// is free on its disk without it if that is less.
func Budget(dir string) int64 {
	free, err := Free(dir)
	if err != nil {
		return mostBudget
	}
	return min(mostBudget, (free+Usage(dir))/5)
}
