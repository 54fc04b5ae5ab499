// Package ami makes of an image in one region what a template asks for: copies,
// encryption, sharing, tags, deprecation and protection, and the old one gone.
package ami

import (
	"slices"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
)

// Options are the options of an AMI; components embed them with `hcl:",remain"`.
type Options struct {
	// Name of the AMI: 3 to 128 letters, digits and ( ) [ ] space . / - ' @ _.
	// {{ clean_resource_name }} makes a text fit. Required.
	AMIName string `hcl:"ami_name,optional"`
	// Description of the AMI; it may use the values of {{ .SourceAMI }} and its
	// like. Default none.
	AMIDescription string `hcl:"ami_description,optional" template:"late"`
	// Kind of virtualization that the AMI must have: "hvm" or "paravirtual".
	// Default the source's.
	AMIVirtualizationType string `hcl:"ami_virtualization_type,optional"`
	// Accounts that may launch the AMI. Default none.
	AMIUsers []string `hcl:"ami_users,optional"`
	// Groups that may launch the AMI; "all" makes it public. Default none.
	AMIGroups []string `hcl:"ami_groups,optional"`
	// ARNs of organizations that may launch the AMI. Default none.
	AMIOrgARNs []string `hcl:"ami_org_arns,optional"`
	// ARNs of organizational units that may launch the AMI. Default none.
	AMIOUARNs []string `hcl:"ami_ou_arns,optional"`
	// Product codes to attach to the AMI. Default none.
	AMIProductCodes []string `hcl:"ami_product_codes,optional"`
	// Regions to copy the AMI to, all at once. Default none.
	AMIRegions []string `hcl:"ami_regions,optional"`
	// Leaves the names of regions unchecked. Default false.
	SkipRegionValidation bool `hcl:"skip_region_validation,optional"`

	// Tags of the AMI and its snapshots. Keys and values may use
	// {{ .SourceAMI }} and its like. Default none.
	Tags map[string]string `hcl:"tags,optional" template:"late"`
	// One of the tags, as a block.
	Tag []tags.Block `hcl:"tag,block"`
	// Tags of the snapshots alone, which win over tags. Default none.
	SnapshotTags map[string]string `hcl:"snapshot_tags,optional" template:"late"`
	// One of the snapshot_tags, as a block.
	SnapshotTag []tags.Block `hcl:"snapshot_tag,block"`
	// Accounts that may make volumes of the snapshots. Default none.
	SnapshotUsers []string `hcl:"snapshot_users,optional"`
	// Groups that may make volumes of the snapshots; "all" is everybody.
	// Default none.
	SnapshotGroups []string `hcl:"snapshot_groups,optional"`

	// Whether enhanced networking with ENA is on. Default as in the source.
	ENASupport *bool `hcl:"ena_support,optional"`
	// Turns enhanced networking with SR-IOV on. Default false.
	SriovSupport bool `hcl:"sriov_support,optional"`
	// Replaces AMIs of ours that have the name already, in every region, once
	// the new one is available. Default false; -force sets it.
	ForceDeregister bool `hcl:"force_deregister,optional"`
	// Deletes the snapshots of the AMIs that force_deregister replaces. Default
	// false.
	ForceDeleteSnapshot bool `hcl:"force_delete_snapshot,optional"`
	// true encrypts the AMI, by a copy; false makes copies that are not
	// encrypted. Default as in the source.
	EncryptBoot *bool `hcl:"encrypt_boot,optional"`
	// KMS key to encrypt with: an id, alias or ARN. Needs encrypt_boot = true.
	// Default the account's own.
	KMSKeyID string `hcl:"kms_key_id,optional"`
	// KMS key of each region of ami_regions; "" is the account's own. Default
	// none.
	RegionKMSKeyIDs map[string]string `hcl:"region_kms_key_ids,optional"`
	// Keeps only the copies in ami_regions. Default false.
	SkipSaveBuildRegion bool `hcl:"skip_save_build_region,optional"`
	// Minutes within which copies of snapshots must be done, for a price; 0 is
	// any. Default 0.
	SnapshotCopyDurationMinutes int64 `hcl:"snapshot_copy_duration_minutes,optional"`
	// "v2.0" makes instances of the AMI require IMDSv2. Default as in the source.
	IMDSSupport string `hcl:"imds_support,optional"`
	// When the AMI is deprecated, an RFC 3339 time. Default never.
	DeprecateAt string `hcl:"deprecate_at,optional"`
	// Protects the AMI from being deregistered.
	DeregistrationProtection *Protection `hcl:"deregistration_protection,block"`
	// How long an AMI or a copy of it may take to become available. Default "2h".
	Patience time.Duration `hcl:"ami_timeout,optional"`
}

// Protection keeps an AMI from being deregistered.
type Protection struct {
	// Turns the protection on. Default false.
	Enabled bool `hcl:"enabled,optional"`
	// Keeps it on for 24 h after it was turned off; implies enabled. Default
	// false.
	WithCooldown bool `hcl:"with_cooldown,optional"`
}

// on says whether there is any.
func (p *Protection) on() bool { return p != nil && (p.Enabled || p.WithCooldown) }

// Defaults are the options of a template that sets none.
func Defaults() Options { return Options{Patience: 2 * time.Hour} }

// Regions are those to copy to, each once, without the one of the build.
func (o *Options) Regions(build string) []string {
	var all []string
	for _, r := range o.AMIRegions {
		if r != build && !slices.Contains(all, r) {
			all = append(all, r)
		}
	}
	return all
}

// Encrypts says whether the AMI becomes an encrypted copy.
func (o *Options) Encrypts() bool { return o.EncryptBoot != nil && *o.EncryptBoot }

// Drafts says that the image in the build's region is only there to be copied.
func (o *Options) Drafts() bool { return o.Encrypts() || o.SkipSaveBuildRegion }
