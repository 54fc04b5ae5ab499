package ebs

import (
	"maps"
	"slices"
	"testing"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/builders/ebs/cleaning"
	"github.com/ovenbird-io/ovenbird/builders/ebs/instance"
	"github.com/ovenbird-io/ovenbird/builders/ebs/source"
	"github.com/ovenbird-io/ovenbird/internal/option"
)

// newBuilder is a builder whose options are good, after change.
func newBuilder(change func(*Builder)) *Builder {
	b, _ := New(builders.Env{Build: "amazon-ebs.web", Type: "amazon-ebs", Name: "web", Root: ".", RunID: "run-1"}).(*Builder)
	b.AMI.AMIName, b.Source.SourceAMI, b.Instance.InstanceType, b.SSH.Username = "web", "ami-1", "t3.small", "admin"
	if change != nil {
		change(b)
	}
	return b
}

func TestValidate(t *testing.T) {
	yes := true
	for _, c := range []struct {
		name   string
		change func(*Builder)
		want   []string
	}{
		{"all there", nil, nil},
		{"nothing", func(b *Builder) {
			b.AMI.AMIName, b.Source.SourceAMI, b.Instance.InstanceType, b.SSH.Username = "", "", "", ""
		}, []string{"ami_name", "source_ami", "ssh_username", "instance_type"}},
		{"several types", func(b *Builder) { b.Instance.InstanceTypes = []string{"t3a.small"} }, nil},
		{"two kinds of types", func(b *Builder) { b.Spot.Price, b.Spot.Types = "auto", []string{"t3.small"} }, []string{"spot_instance_types"}},
		{"spot", func(b *Builder) { b.Spot.Price = "auto" }, nil},
		{"spot, and what needs a stop", func(b *Builder) {
			b.Spot.Price, b.AMI.ENASupport, b.Instance.DisableStopInstance = "0.1", &yes, true
		}, []string{"spot_price", "disable_stop_instance"}},
		{"no time", func(b *Builder) { b.ExpiresAfter = 0 }, []string{"expires_after"}},
		{"seal twice", func(b *Builder) { b.Cleaning = cleaning.Options{Seal: &cleaning.Seal{}, SealImage: &yes} }, []string{"seal"}},
		{"seal of nothing", func(b *Builder) { b.Cleaning.Seal = &cleaning.Seal{Keep: []string{"x"}} }, []string{"seal.keep"}},
		{"a key of EC2's", func(b *Builder) { b.SSH.KeypairName = "k" }, []string{"ssh_keypair_name"}},
		{"a key that EC2 does not make", func(b *Builder) { b.SSH.TemporaryKeyPairType = "ecdsa" }, []string{"temporary_key_pair_type"}},
		{"nobody enters it", func(b *Builder) { b.SSH.Communicator, b.SSH.Username = "none", "" }, nil},
		{"a parts' problem each", func(b *Builder) {
			b.Source = source.Options{}
			b.Instance = instance.Options{InstanceType: "a", SSHInterface: "b"}
			b.Network.SourceCIDRs = []string{"c"}
		}, []string{"source_ami", "ssh_interface", "temporary_security_group_source_cidrs"}},
	} {
		var got []string
		for _, p := range option.Problems(newBuilder(c.change).Validate()) {
			got = append(got, p.Option)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: blamed %v, want %v", c.name, got, c.want)
		}
	}
}

// TestDeferred has a way out for each option of Packer's that comes later, and
// a value that comes later is no mistake.
func TestDeferred(t *testing.T) {
	all := newBuilder(nil).Deferred()
	for _, name := range []string{"fast_launch", "windows_password_timeout", "pause_before_ssm", "session_manager_port", "winrm_username"} {
		if all[name] == "" {
			t.Errorf("%s is not deferred: %v", name, slices.Sorted(maps.Keys(all)))
		}
	}
	for _, p := range option.Problems(newBuilder(func(b *Builder) { b.Instance.SSHInterface = "session_manager" }).Validate()) {
		if !p.Later {
			t.Errorf("got %+v", p)
		}
	}
}

func TestWarnings(t *testing.T) {
	b := newBuilder(func(b *Builder) {
		b.Instance.EnableT2Unlimited, b.Instance.Tenancy = true, "host"
		b.Instance.MetadataOptions = &instance.Metadata{HTTPTokens: "optional"}
	})
	if got := b.Warnings(); len(got) != 3 {
		t.Errorf("got %q", got)
	}
	if got := newBuilder(nil).Warnings(); got != nil {
		t.Errorf("got %q", got)
	}
}
