// Package ec2box bakes by hand in the sandbox EC2: an unmodified cloud image
// is booted, changed, made an image of, and that is booted again. Its tests
// have the build tag vm.
package ec2box
