// Package sandbox is the command ec2box: an EC2 of one's own on loopback, with
// QEMU machines for instances.
package sandbox

import (
	"errors"
	"flag"
	"io"
	"strconv"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/flags"
)

// Helper is the command, not shown to users, that QEMU starts for each
// connection of a guest to its metadata service.
const Helper = "ec2box-metadata"

// Options are the flags of the command, and what it gets from the process.
type Options struct {
	Listen  string
	Dir     string
	Images  []string // "name=path"
	Regions []string
	Account string
	Accel   string
	Memory  int
	Ports   []int

	Command []string // run with the environment of the sandbox, which ends with it
	Program string   // this program
	Parent  string   // of temporary folders
	Environ []string // of this process
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
}

// Flags registers the flags, with their defaults.
func (o *Options) Flags(fs *flag.FlagSet) {
	*o = Options{Listen: "127.0.0.1:0", Account: "123456789012", Memory: 2048}
	fs.StringVar(&o.Listen, "listen", o.Listen, "serve at this loopback `address` (default "+o.Listen+", where 0 is a free port)")
	fs.StringVar(&o.Dir, "dir", "", "keep images, snapshots and volumes in this `folder` (default a temporary one, removed at the end)")
	fs.Var(flags.Pairs{List: flags.List{To: &o.Images}}, "image", "register a local qcow2 or raw image as an AMI, as `name=path`; may be repeated")
	fs.Var(flags.List{To: &o.Regions, Comma: true}, "region", "the `regions` there are, the first one being the default (default us-east-1)")
	fs.StringVar(&o.Account, "account", o.Account, "the `number` of the account")
	fs.StringVar(&o.Accel, "accel", "", "run machines with `kvm` or tcg (default kvm where it works)")
	fs.IntVar(&o.Memory, "memory", o.Memory, "the most memory that a machine gets, in `MiB`, whatever its type (default 2048)")
	fs.Func("port", "make a `port` of the guests reachable, beside 22; may be repeated", func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > 65535 || n == 22 {
			return errors.New("write the number of a port, such as 80")
		}
		o.Ports = append(o.Ports, n)
		return nil
	})
}

// check reports flags that cannot be used.
func (o *Options) check() error {
	if len(o.Regions) == 0 {
		o.Regions = []string{"us-east-1"}
	}
	if o.Accel != "" && o.Accel != "kvm" && o.Accel != "tcg" {
		return flags.Misuse("-accel is %q; use kvm or tcg", o.Accel)
	}
	if len(o.Account) != 12 || strings.Trim(o.Account, "0123456789") != "" {
		return flags.Misuse("-account is %q; an account has 12 digits", o.Account)
	}
	if o.Memory < 256 {
		return flags.Misuse("-memory is %d MiB; a machine needs 256", o.Memory)
	}
	return nil
}
