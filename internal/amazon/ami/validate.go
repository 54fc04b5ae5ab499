package ami

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/option"
)

// Validate reports every option that cannot be used, offline.
func (o *Options) Validate() error {
	errs := []error{o.validateName(), o.validateEncryption(), o.validateRegions(), o.validateTags()}
	errs = append(errs, option.OneOf("ami_virtualization_type", o.AMIVirtualizationType, "", "hvm", "paravirtual"))
	if o.IMDSSupport != gotmpl.Unknown {
		errs = append(errs, option.OneOf("imds_support", o.IMDSSupport, "", "v2.0"))
	}
	if o.DeprecateAt != "" && o.DeprecateAt != gotmpl.Unknown {
		if _, err := time.Parse(time.RFC3339, o.DeprecateAt); err != nil {
			errs = append(errs, option.Bad("deprecate_at", "%q is no RFC 3339 time; write it like \"2027-01-31T12:00:00Z\".", o.DeprecateAt))
		}
	}
	if o.SnapshotCopyDurationMinutes < 0 {
		errs = append(errs, option.Bad("snapshot_copy_duration_minutes", "%d minutes is no time.", o.SnapshotCopyDurationMinutes))
	}
	if o.AMIVirtualizationType == "paravirtual" && (o.SriovSupport || o.ENASupport != nil && *o.ENASupport) {
		errs = append(errs, option.Bad("ami_virtualization_type", "Enhanced networking needs \"hvm\"."))
	}
	if o.ForceDeleteSnapshot && !o.ForceDeregister {
		errs = append(errs, option.Bad("force_delete_snapshot", "It does nothing without force_deregister = true."))
	}
	return errors.Join(errs...)
}

func (o *Options) validateName() error {
	name := o.AMIName
	switch {
	case name == "":
		return option.Bad("ami_name", "It is required: what the AMI is called.")
	case strings.Contains(name, gotmpl.Unknown):
		return nil
	case len(name) < 3 || len(name) > 128:
		return option.Bad("ami_name", "%q has %d characters; EC2 takes 3 to 128.", name, len(name))
	}
	if i := strings.IndexFunc(name, func(r rune) bool { return !nameable(r) }); i >= 0 {
		return option.Bad("ami_name", "EC2 takes no %q in a name; {{ clean_resource_name }} replaces what it does not take.", []rune(name[i:])[0])
	}
	return nil
}

func nameable(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("()[] ./-'@_", r)
}

// kmsKey is what names a KMS key: an id, an alias, or an ARN of either.
var kmsKey = regexp.MustCompile(`^(arn:[^:]+:kms:[a-z0-9-]+:\d{12}:)?((key/)?(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})|alias/[a-zA-Z0-9:/_-]+)$`)

func (o *Options) validateEncryption() error {
	var errs []error
	if o.KMSKeyID != "" && !o.Encrypts() {
		errs = append(errs, option.Bad("kms_key_id", "It needs encrypt_boot = true."))
	}
	if len(o.RegionKMSKeyIDs) > 0 && !o.Encrypts() {
		errs = append(errs, option.Bad("region_kms_key_ids", "It needs encrypt_boot = true."))
	}
	check := func(name, key string) {
		if key != "" && key != gotmpl.Unknown && !kmsKey.MatchString(key) {
			errs = append(errs, option.Bad(name, "%q is no KMS key; use an id, alias/NAME or an ARN.", key))
		}
	}
	check("kms_key_id", o.KMSKeyID)
	for region, key := range o.RegionKMSKeyIDs {
		check("region_kms_key_ids", key)
		if !slices.Contains(o.AMIRegions, region) {
			errs = append(errs, option.Bad("region_kms_key_ids", "The region %q is not in ami_regions.", region))
		}
		if key == "" && o.shared() {
			errs = append(errs, option.Bad("region_kms_key_ids", "An AMI encrypted with the account's own key cannot be shared; name a key for %q.", region))
		}
	}
	if len(o.RegionKMSKeyIDs) > 0 {
		for _, region := range o.AMIRegions {
			if _, ok := o.RegionKMSKeyIDs[region]; !ok {
				errs = append(errs, option.Bad("region_kms_key_ids", "It names no key for the region %q of ami_regions; \"\" is the account's own.", region))
			}
		}
	}
	if o.Encrypts() && o.KMSKeyID == "" && o.shared() {
		errs = append(errs, option.Bad("encrypt_boot", "An AMI encrypted with the account's own key cannot be shared; set kms_key_id."))
	}
	return errors.Join(errs...)
}

// shared says whether other accounts get anything.
func (o *Options) shared() bool {
	return len(o.AMIUsers)+len(o.AMIOrgARNs)+len(o.AMIOUARNs)+len(o.SnapshotUsers) > 0
}

// regionName is what regions look like, also in partitions to come.
var regionName = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-\d+$`)

func (o *Options) validateRegions() error {
	var errs []error
	if o.SkipSaveBuildRegion && len(o.AMIRegions) == 0 {
		errs = append(errs, option.Bad("skip_save_build_region", "Nothing would be left; name regions to copy to in ami_regions."))
	}
	for _, r := range o.AMIRegions {
		if !o.SkipRegionValidation && r != gotmpl.Unknown && !regionName.MatchString(r) {
			errs = append(errs, option.Bad("ami_regions", "%q does not look like a region; skip_region_validation = true takes it as it is.", r))
		}
	}
	return errors.Join(errs...)
}

func (o *Options) validateTags() error {
	return errors.Join(tags.Check("tag", o.Tag), tags.Check("snapshot_tag", o.SnapshotTag), tags.CheckText("tags", o.Tags), tags.CheckText("snapshot_tags", o.SnapshotTags),
		tags.CheckText("ami_description", map[string]string{"ami_description": o.AMIDescription}))
}
