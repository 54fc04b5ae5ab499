//go:build vm

package acceptance

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// settle is how long processes may take to notice that their parent is gone.
const settle = 10 * time.Second

// clean waits until no process has tmp as its TMPDIR, tmp is empty and none of
// the paths exists; then it returns nil, and after settle what is left.
func clean(tmp string, paths []string) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(settle); ; <-tick.C {
		left := remains(tmp, paths)
		if len(left) == 0 || time.Now().After(deadline) {
			return errors.Join(left...)
		}
	}
}

func remains(tmp string, paths []string) []error {
	var left []error
	for pid, name := range processes("TMPDIR=" + tmp) {
		left = append(left, fmt.Errorf("process %d (%s) still runs", pid, name))
	}
	files, err := os.ReadDir(tmp)
	if err != nil {
		left = append(left, err)
	}
	for _, f := range files {
		left = append(left, fmt.Errorf("temporary file %s is left", filepath.Join(tmp, f.Name())))
	}
	for _, pattern := range paths {
		found, err := filepath.Glob(pattern)
		if err != nil {
			left = append(left, err)
		}
		for _, f := range found {
			left = append(left, fmt.Errorf("%s is left", f))
		}
	}
	return left
}

// processes finds the running processes with mark in their environment: pid to name.
func processes(mark string) map[int]string {
	found := map[int]string{}
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		env, err := os.ReadFile(filepath.Join(dir, "environ"))
		if err != nil || !strings.Contains("\x00"+string(env), "\x00"+mark+"\x00") {
			continue // gone, or another's
		}
		stat, err := os.ReadFile(filepath.Join(dir, "stat"))
		if err != nil || strings.Contains(string(stat), ") Z ") {
			continue // a zombie is only a line in a table
		}
		pid, _ := strconv.Atoi(filepath.Base(dir))
		name := string(stat)
		if open, end := strings.Index(name, "("), strings.LastIndex(name, ")"); open >= 0 && end > open {
			name = name[open+1 : end]
		}
		found[pid] = name
	}
	return found
}
