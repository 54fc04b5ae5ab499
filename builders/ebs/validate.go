package ebs

import (
	"errors"
	"maps"
	"strings"

	"github.com/ovenbird-io/ovenbird/builders/ebs/keypair"
	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
	"github.com/ovenbird-io/ovenbird/internal/option"
)

// Validate reports every option that cannot be used, without the network.
func (b *Builder) Validate() error {
	errs := []error{
		b.Access.Validate(), b.AMI.Validate(), b.Source.Validate(), b.Instance.Validate(), b.Spot.Validate(), b.Network.Validate(), b.Profile.Validate(),
		b.Devices.Validate(), b.SSH.Validate(), keypair.Validate(&b.SSH), b.validateTypes(), b.Cleaning.Validate(),
		tags.Check("run_tag", b.RunTag), tags.CheckText("run_tags", b.RunTags), tags.Check("run_volume_tag", b.RunVolumeTag), tags.CheckText("run_volume_tags", b.RunVolumeTags),
	}
	if b.ExpiresAfter <= 0 {
		errs = append(errs, option.Bad("expires_after", "%s is no time to bake in.", b.ExpiresAfter))
	}
	return errors.Join(errs...)
}

func (b *Builder) validateTypes() error {
	var errs []error
	own, spots := b.Instance.Types(), b.Spot.Types
	switch {
	case len(own)+len(spots) == 0:
		errs = append(errs, option.Bad("instance_type", "It is required: what the instance is, such as \"t3.small\"."))
	case len(own) > 0 && len(spots) > 0:
		errs = append(errs, option.Bad("spot_instance_types", "Set either it or instance_type."))
	}
	if !b.Spot.Wanted() {
		return errors.Join(errs...)
	}
	if b.AMI.SriovSupport || b.AMI.ENASupport != nil && *b.AMI.ENASupport {
		errs = append(errs, option.Bad("spot_price", "Enhanced networking cannot be turned on of a spot instance: it cannot be stopped."))
	}
	if b.Instance.EnableNitroEnclave {
		errs = append(errs, option.Bad("enable_nitro_enclave", "A spot instance has no enclaves."))
	}
	if b.Instance.DisableStopInstance {
		errs = append(errs, option.Bad("disable_stop_instance", "A spot instance that stops is gone; the AMI is made while it runs."))
	}
	return errors.Join(errs...)
}

// Warnings says what is worth a second thought.
func (b *Builder) Warnings() []string {
	var all []string
	if b.Instance.EnableT2Unlimited {
		all = append(all, "enable_t2_unlimited is called enable_unlimited_credits now.")
	}
	if b.Instance.Tenancy != "" {
		all = append(all, "tenancy belongs into the block placement now.")
	}
	if m := b.Instance.MetadataOptions; m != nil && m.HTTPTokens == "optional" {
		all = append(all, "http_tokens = \"optional\" lets programs of the build instance ask for its credentials without a token; \"required\" is safer.")
	}
	return all
}

// Deferred lists the options of Packer's builder that are not supported yet.
func (b *Builder) Deferred() map[string]string {
	all := b.SSH.Deferred()
	maps.Copy(all, map[string]string{
		"fast_launch":              "Fast launch of Windows AMIs is not supported yet; turn it on with the AWS CLI: aws ec2 enable-fast-launch.",
		"windows_password_timeout": "Passwords of Windows instances are not supported yet; Windows guests can run an SSH server meanwhile.",
	})
	for _, name := range strings.Fields("pause_before_ssm session_manager_port") {
		all[name] = "The Session Manager is not supported yet; connect to an address, over a bastion (ssh_bastion_host) where that is private."
	}
	return all
}
