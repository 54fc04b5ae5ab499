package ami

import (
	"slices"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
	"github.com/ovenbird-io/ovenbird/internal/option"
)

func TestValidate(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		name   string
		change func(*Options)
		want   []string
	}{
		{"a name", func(*Options) {}, nil},
		{"no name", func(o *Options) { o.AMIName = "" }, []string{"ami_name"}},
		{"a short name", func(o *Options) { o.AMIName = "ab" }, []string{"ami_name"}},
		{"a long name", func(o *Options) { o.AMIName = strings.Repeat("a", 129) }, []string{"ami_name"}},
		{"a bad letter", func(o *Options) { o.AMIName = "web:1" }, []string{"ami_name"}},
		{"all letters", func(o *Options) { o.AMIName = "Az09 ()[]./-'@_" }, nil},
		{"a key alone", func(o *Options) { o.KMSKeyID = "alias/a" }, []string{"kms_key_id"}},
		{"a key", func(o *Options) { o.KMSKeyID, o.EncryptBoot = "alias/a", &yes }, nil},
		{"no key", func(o *Options) { o.KMSKeyID, o.EncryptBoot = "a key", &yes }, []string{"kms_key_id"}},
		{"a key of a kind", func(o *Options) {
			o.KMSKeyID, o.EncryptBoot = "arn:aws:kms:eu-west-1:123456789012:key/12345678-1234-1234-1234-123456789012", &yes
		}, nil},
		{"no encryption", func(o *Options) { o.EncryptBoot = &no }, nil},
		{"keys of other regions", func(o *Options) {
			o.EncryptBoot, o.AMIRegions, o.RegionKMSKeyIDs = &yes, []string{"eu-west-1"}, map[string]string{"eu-west-2": "alias/a"}
		}, []string{"region_kms_key_ids", "region_kms_key_ids"}},
		{"shared, with the account's key", func(o *Options) { o.EncryptBoot, o.AMIUsers = &yes, []string{"1"} }, []string{"encrypt_boot"}},
		{"nothing is left", func(o *Options) { o.SkipSaveBuildRegion = true }, []string{"skip_save_build_region"}},
		{"only a copy", func(o *Options) { o.SkipSaveBuildRegion, o.AMIRegions = true, []string{"us-gov-west-1"} }, nil},
		{"no region", func(o *Options) { o.AMIRegions = []string{"Ireland"} }, []string{"ami_regions"}},
		{"no region, taken as it is", func(o *Options) { o.AMIRegions, o.SkipRegionValidation = []string{"here"}, true }, nil},
		{"a time", func(o *Options) { o.DeprecateAt = "2027-01-31T12:00:00Z" }, nil},
		{"no time", func(o *Options) { o.DeprecateAt = "tomorrow" }, []string{"deprecate_at"}},
		{"a version", func(o *Options) { o.IMDSSupport = "v1.0" }, []string{"imds_support"}},
		{"a kind", func(o *Options) { o.AMIVirtualizationType = "xen" }, []string{"ami_virtualization_type"}},
		{"enhanced", func(o *Options) { o.AMIVirtualizationType, o.ENASupport = "paravirtual", &yes }, []string{"ami_virtualization_type"}},
		{"a tag", func(o *Options) { o.Tag = []tags.Block{{Value: "a"}} }, []string{"tag.key"}},
		{"a description", func(o *Options) { o.AMIDescription = "of {{ .SourceAMI }}" }, nil},
		{"a description of nothing", func(o *Options) { o.AMIDescription = "of {{ .Nothing }}" }, []string{"ami_description"}},
		{"snapshots of nothing", func(o *Options) { o.ForceDeleteSnapshot = true }, []string{"force_delete_snapshot"}},
		{"no time to copy in", func(o *Options) { o.SnapshotCopyDurationMinutes = -1 }, []string{"snapshot_copy_duration_minutes"}},
	} {
		o := Defaults()
		o.AMIName = "web"
		c.change(&o)
		var got []string
		for _, p := range option.Problems(o.Validate()) {
			got = append(got, p.Option)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: blamed %v, want %v", c.name, got, c.want)
		}
	}
}

func TestRegions(t *testing.T) {
	o := Options{AMIRegions: []string{"b", "a", "b", "c"}}
	if got := o.Regions("a"); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("got %v", got)
	}
}

func TestDraftName(t *testing.T) {
	for _, name := range []string{"web", strings.Repeat("a", 128)} {
		got := DraftName(name)
		o := Options{AMIName: got}
		if err := o.validateName(); err != nil || got == DraftName(name) || !strings.Contains(got, "-draft-") {
			t.Errorf("got %s, %v", got, err)
		}
	}
}

func TestArtifact(t *testing.T) {
	a := Artifact("builder", nil, Made{
		Images:    map[string]string{"us-east-1": "ami-2", "eu-west-1": "ami-1"},
		Snapshots: map[string][]string{"eu-west-1": {"snap-1", "snap-2"}},
	})
	if a.ID != "eu-west-1:ami-1,us-east-1:ami-2" || a.Title != "AMIs were created:\neu-west-1: ami-1\nus-east-1: ami-2\n" || a.Builder != "builder" || a.Files != nil {
		t.Errorf("got %+v", a)
	}
	if a.Details["ami.eu-west-1"] != "ami-1" || a.Details["snapshots.eu-west-1"] != "snap-1,snap-2" {
		t.Errorf("details %v", a.Details)
	}
}
