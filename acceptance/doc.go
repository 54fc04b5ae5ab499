// Package acceptance bakes real machines with the real binary. Its tests have
// the build tag vm; `make test` runs them, README.md says how to add one.
package acceptance
