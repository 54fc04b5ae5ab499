package qemu

import (
	"slices"
	"testing"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/option"
)

func newBuilder(change func(*Builder)) *Builder {
	b := New(builders.Env{Name: "debian", Type: "qemu"}).(*Builder)
	b.Base = "base.qcow2"
	if change != nil {
		change(b)
	}
	return b
}

func TestValidate(t *testing.T) {
	cases := []struct {
		name   string
		change func(*Builder)
		bad    []string // options with a problem
	}{
		{"a path is enough", nil, nil},
		{"no base", func(b *Builder) { b.Base = "" }, []string{"from"}},
		{"two bases", func(b *Builder) { b.ISOURL, b.ISOChecksum = "x", "none" }, []string{"from"}},
		{"an installer", func(b *Builder) { b.Base, b.ISOURL, b.ISOChecksum = "", "x.iso", "none" }, []string{"iso_url"}},
		{"a cloud image", func(b *Builder) { b.Base, b.ISOURL, b.ISOChecksum, b.DiskImage = "", "x", "none", true }, nil},
		{"no checksum", func(b *Builder) { b.Base, b.ISOURL, b.DiskImage = "", "x", true }, []string{"iso_checksum"}},
		{"a bad checksum", func(b *Builder) { b.ISOChecksum = "sha256:xyz" }, []string{"iso_checksum"}},
		{"all at once", func(b *Builder) {
			b.Format, b.DiskInterface, b.Memory, b.DiskSize, b.VMName = "vmdk", "floppy", 1, "big", "a/b"
		}, []string{"disk_interface", "disk_size", "format", "memory", "vm_name"}},
		{"backing needs qcow2", func(b *Builder) { b.UseBackingFile, b.Format = true, "raw" }, []string{"use_backing_file"}},
		{"a row without a switch", func(b *Builder) { b.QEMUArgs = [][]string{{"m", "1"}} }, []string{"qemuargs"}},
		{"both ways to serve", func(b *Builder) { b.HTTPDirectory, b.HTTPContent = ".", map[string]string{"/a": ""} }, []string{"http_content"}},
		{"a file for the CD that is not there", func(b *Builder) { b.CDFiles = []string{"none-*.cfg"} }, []string{"cd_files"}},
		{"winrm wants no SSH login", func(b *Builder) { b.Communicator = "winrm" }, []string{"communicator"}},
		{"a range upside down", func(b *Builder) { b.HostPortMin, b.HostPortMax = 4000, 3000 }, []string{"host_port_min"}},
		{"a password is somebody's", func(b *Builder) { b.Password = "x" }, []string{"ssh_username"}},
		{"a bridge needs an address", func(b *Builder) { b.NetBridge = "br0" }, []string{"net_bridge"}},
		{"keep what is unknown", func(b *Builder) { b.Seal = &Seal{Keep: []string{"everything"}} }, []string{"seal.keep"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var bad []string
			for _, p := range option.Problems(newBuilder(c.change).Validate()) {
				bad = append(bad, p.Option)
			}
			slices.Sort(bad)
			if !slices.Equal(bad, c.bad) {
				t.Errorf("problems with %q, want %q", bad, c.bad)
			}
		})
	}
}
