package sshkey

import (
	"fmt"
	"os"
)

// PEM is the text of a private key's file. A leading ~ is the home directory.
func PEM(keyFile string) (string, error) {
	data, err := os.ReadFile(expandHome(keyFile))
	if err != nil {
		return "", fmt.Errorf("reading the private key: %w", err)
	}
	return string(data), nil
}
