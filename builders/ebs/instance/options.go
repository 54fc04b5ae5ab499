// Package instance has the EC2 instance of a build: how it is launched, reached
// and ended.
package instance

// Options say what the instance is like; the builder embeds them.
type Options struct {
	// Type of the instance, such as "t3.small". It, instance_types or
	// spot_instance_types is required.
	InstanceType string `hcl:"instance_type,optional"`
	// Types to try one after the other while EC2 has no capacity. Default none.
	InstanceTypes []string `hcl:"instance_types,optional"`
	// Data for the instance's first boot, as text. Default none.
	UserData string `hcl:"user_data,optional"`
	// File with that data. Default none.
	UserDataFile string `hcl:"user_data_file,optional"`
	// How the instance's metadata is served. IMDSv2 is required unless
	// http_tokens says otherwise.
	MetadataOptions *Metadata `hcl:"metadata_options,block"`
	// Asks for dedicated bandwidth to the disks. Default false.
	EBSOptimized bool `hcl:"ebs_optimized,optional"`
	// Lets the instance have Nitro enclaves. Default false.
	EnableNitroEnclave bool `hcl:"enable_nitro_enclave,optional"`
	// Lets a burstable instance use CPU credits that cost extra. Default false.
	EnableUnlimitedCredits bool `hcl:"enable_unlimited_credits,optional"`
	// Former name of enable_unlimited_credits.
	EnableT2Unlimited bool `hcl:"enable_t2_unlimited,optional"`
	// What the instance does when it is shut down from inside: "terminate" or
	// "stop". Default "terminate", so that nothing is left when nobody is there
	// to end it, and "stop" with disable_stop_instance.
	ShutdownBehavior string `hcl:"shutdown_behavior,optional"`
	// Waits until a provisioner has shut the instance down instead of stopping
	// it. Default false.
	DisableStopInstance bool `hcl:"disable_stop_instance,optional"`
	// Use of capacity reservations: "none" or "open". Default "none".
	CapacityReservationPreference string `hcl:"capacity_reservation_preference,optional"`
	// Capacity reservation to use. Default none.
	CapacityReservationID string `hcl:"capacity_reservation_id,optional"`
	// ARN of a group of capacity reservations to use. Default none.
	CapacityReservationGroupARN string `hcl:"capacity_reservation_group_arn,optional"`
	// Which host the instance runs on.
	Placement *Placement `hcl:"placement,block"`
	// Former name of placement.tenancy.
	Tenancy string `hcl:"tenancy,optional"`
	// Licenses of the instance.
	LicenseSpecifications []License `hcl:"license_specifications,block"`

	// Which address to connect to: "public_ip", "private_ip", "public_dns",
	// "private_dns" or "ipv6". Default the public address if there is one, else
	// the private one.
	SSHInterface string `hcl:"ssh_interface,optional"`
}

// Metadata says how an instance's metadata is served.
type Metadata struct {
	// "enabled" or "disabled". Default "enabled".
	HTTPEndpoint string `hcl:"http_endpoint,optional"`
	// "required" for IMDSv2 alone, or "optional". Default "required".
	HTTPTokens string `hcl:"http_tokens,optional"`
	// How many hops answers may make, 1 to 64. Default 1.
	HopLimit int32 `hcl:"http_put_response_hop_limit,optional"`
	// Whether tags are in the metadata: "enabled" or "disabled". Default
	// "disabled".
	Tags string `hcl:"instance_metadata_tags,optional"`
}

// Placement says which host an instance runs on.
type Placement struct {
	// ARN of a group of hosts. Default none.
	HostResourceGroupARN string `hcl:"host_resource_group_arn,optional"`
	// Dedicated host. Default none.
	HostID string `hcl:"host_id,optional"`
	// "default", "dedicated" or "host". Default "default".
	Tenancy string `hcl:"tenancy,optional"`
}

// License is what an instance is licensed by.
type License struct {
	// One of the licenses.
	Request *LicenseRequest `hcl:"license_configuration_request,block"`
}

// LicenseRequest names a license.
type LicenseRequest struct {
	// ARN of the license configuration. Required.
	ARN string `hcl:"license_configuration_arn,optional"`
}

// Types are the instance types to try, in their order.
func (o *Options) Types() []string {
	if o.InstanceType != "" {
		return append([]string{o.InstanceType}, o.InstanceTypes...)
	}
	return o.InstanceTypes
}
