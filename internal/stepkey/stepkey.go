// Package stepkey says what a step of a build depends on: facts that a user
// recognizes, a key made of them, and what changed when a key is another one.
// It reads the files a step names and nothing else.
package stepkey

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// Fact is one thing a step depends on. The name is in the user's terms, such as
// "option inline" or "file scripts/setup.sh".
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Text is a fact that is plain text; Explain compares it line by line.
func Text(name, value string) Fact { return Fact{Name: name, Value: value} }

// Of is the key of a step, 64 hex digits: that of the step before it, "" for
// the first one, and the facts in their order.
func Of(parent string, facts []Fact) string {
	sum := sha256.New()
	write(sum, "ovenbird step 1", parent)
	for _, f := range facts {
		write(sum, f.Name, f.Value)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// write puts the length before each text, so that no two lists of texts give
// the same bytes.
func write(sum hash.Hash, texts ...string) {
	for _, t := range texts {
		_, _ = sum.Write(binary.BigEndian.AppendUint64(nil, uint64(len(t))))
		_, _ = sum.Write([]byte(t))
	}
}
