// Package record is what the sandbox EC2 knows of each resource, in the shape in
// which EC2 tells of it: the tags are the names of its XML, and what it does not
// tell is marked.
package record

import "github.com/ovenbird-io/ovenbird/internal/ec2box/wire"

// Tag sticks to a resource.
type Tag = wire.Tag

// Mapping is what an image, or a request, says of a device.
type Mapping struct {
	DeviceName  string  `xml:"deviceName" q:",required"`
	VirtualName string  `xml:"virtualName,omitempty"`
	Ebs         *EBS    `xml:"ebs"`
	NoDevice    *string `xml:"noDevice"`
}

// EBS is the volume of a Mapping.
type EBS struct {
	DeleteOnTermination *bool  `xml:"deleteOnTermination"`
	Iops                *int64 `xml:"iops"`
	SnapshotId          string `xml:"snapshotId,omitempty"`
	VolumeSize          *int64 `xml:"volumeSize"` // GiB
	VolumeType          string `xml:"volumeType,omitempty"`
	KmsKeyId            string `xml:"kmsKeyId,omitempty"`
	Throughput          *int64 `xml:"throughput"`
	Encrypted           *bool  `xml:"encrypted"`
}

// Permission lets somebody use an image or a snapshot.
type Permission struct {
	OrganizationArn       string `xml:"organizationArn,omitempty"`
	OrganizationalUnitArn string `xml:"organizationalUnitArn,omitempty"`
	UserId                string `xml:"userId,omitempty"`
	Group                 string `xml:"group,omitempty"`
}

// Reason says why a resource is in its state.
type Reason struct {
	Code    string `xml:"code"`
	Message string `xml:"message"`
}

// Image is an AMI.
type Image struct {
	ID              string    `xml:"imageId"`
	Name            string    `xml:"name"`
	Description     string    `xml:"description,omitempty"`
	Location        string    `xml:"imageLocation"`
	State           string    `xml:"imageState"` // pending, available, failed
	StateReason     *Reason   `xml:"stateReason"`
	Owner           string    `xml:"imageOwnerId"`
	OwnerAlias      string    `xml:"imageOwnerAlias,omitempty"`
	Public          bool      `xml:"isPublic"`
	Created         string    `xml:"creationDate"`
	Architecture    string    `xml:"architecture"`
	Type            string    `xml:"imageType"`
	PlatformDetails string    `xml:"platformDetails"`
	UsageOperation  string    `xml:"usageOperation"`
	Hypervisor      string    `xml:"hypervisor"`
	Virtualization  string    `xml:"virtualizationType"`
	RootDevice      string    `xml:"rootDeviceName"`
	RootType        string    `xml:"rootDeviceType"`
	Devices         []Mapping `xml:"blockDeviceMapping>item"`
	ENA             bool      `xml:"enaSupport"`
	SRIOV           string    `xml:"sriovNetSupport,omitempty"`
	BootMode        string    `xml:"bootMode,omitempty"`
	TPM             string    `xml:"tpmSupport,omitempty"`
	IMDS            string    `xml:"imdsSupport,omitempty"`
	Deprecated      string    `xml:"deprecationTime,omitempty"`
	Protection      string    `xml:"deregistrationProtection,omitempty"`
	FromInstance    string    `xml:"sourceInstanceId,omitempty"`
	FromImage       string    `xml:"sourceImageId,omitempty"`
	FromRegion      string    `xml:"sourceImageRegion,omitempty"`
	Tags            []Tag     `xml:"tagSet>item"`

	Permissions []Permission `xml:"-"`
	UEFIData    string       `xml:"-"`
	Seeded      bool         `xml:"-"`
	// ProtectedUntil is the end of the cooldown after the protection was lifted, or "".
	ProtectedUntil string `xml:"-"`
	Cooldown       bool   `xml:"-"`
}

// Snapshot is a snapshot of a volume.
type Snapshot struct {
	ID          string `xml:"snapshotId"`
	Volume      string `xml:"volumeId"`
	State       string `xml:"status"` // pending, completed, error
	Message     string `xml:"statusMessage,omitempty"`
	Started     string `xml:"startTime"`
	Completed   string `xml:"completionTime,omitempty"`
	Progress    string `xml:"progress"`
	Owner       string `xml:"ownerId"`
	OwnerAlias  string `xml:"ownerAlias,omitempty"`
	Description string `xml:"description"`
	Size        int64  `xml:"volumeSize"` // GiB
	Encrypted   bool   `xml:"encrypted"`
	Key         string `xml:"kmsKeyId,omitempty"`
	Tier        string `xml:"storageTier"`
	Tags        []Tag  `xml:"tagSet>item"`

	Permissions []Permission `xml:"-"`
	Parent      string       `xml:"-"`
	Direct      bool         `xml:"-"` // it was started with EBS direct
	Seeded      bool         `xml:"-"`
}

// Volume is a disk.
type Volume struct {
	ID          string       `xml:"volumeId"`
	Size        int64        `xml:"size"` // GiB
	Snapshot    string       `xml:"snapshotId"`
	Zone        string       `xml:"availabilityZone"`
	State       string       `xml:"status"` // creating, available, in-use, deleting, error
	Created     string       `xml:"createTime"`
	Type        string       `xml:"volumeType"`
	Iops        *int64       `xml:"iops"`
	Throughput  *int64       `xml:"throughput"`
	Encrypted   bool         `xml:"encrypted"`
	Key         string       `xml:"kmsKeyId,omitempty"`
	MultiAttach bool         `xml:"multiAttachEnabled"`
	Attachments []Attachment `xml:"attachmentSet>item"`
	Tags        []Tag        `xml:"tagSet>item"`
}

// Attachment ties a volume to an instance.
type Attachment struct {
	Volume   string `xml:"volumeId"`
	Instance string `xml:"instanceId"`
	Device   string `xml:"device"`
	State    string `xml:"status"`
	Since    string `xml:"attachTime"`
	Delete   bool   `xml:"deleteOnTermination"`
}

// Key is a key pair; the private half is told once and not kept.
type Key struct {
	ID          string `xml:"keyPairId"`
	Name        string `xml:"keyName"`
	Type        string `xml:"keyType"`
	Fingerprint string `xml:"keyFingerprint"`
	Created     string `xml:"createTime"`
	Tags        []Tag  `xml:"tagSet>item"`
	Public      string `xml:"-"`
}

// VPC is a network.
type VPC struct {
	ID      string `xml:"vpcId"`
	Owner   string `xml:"ownerId"`
	State   string `xml:"state"`
	CIDR    string `xml:"cidrBlock"`
	DHCP    string `xml:"dhcpOptionsId"`
	Tenancy string `xml:"instanceTenancy"`
	Default bool   `xml:"isDefault"`
	Tags    []Tag  `xml:"tagSet>item"`
}

// Subnet is a part of a network.
type Subnet struct {
	ID      string `xml:"subnetId"`
	ARN     string `xml:"subnetArn"`
	VPC     string `xml:"vpcId"`
	Owner   string `xml:"ownerId"`
	State   string `xml:"state"`
	CIDR    string `xml:"cidrBlock"`
	Zone    string `xml:"availabilityZone"`
	ZoneID  string `xml:"availabilityZoneId"`
	Free    int64  `xml:"availableIpAddressCount"`
	Default bool   `xml:"defaultForAz"`
	Public  bool   `xml:"mapPublicIpOnLaunch"`
	Tags    []Tag  `xml:"tagSet>item"`
}

// Group is a security group.
type Group struct {
	ID          string `xml:"groupId"`
	Name        string `xml:"groupName"`
	Description string `xml:"groupDescription"`
	Owner       string `xml:"ownerId"`
	VPC         string `xml:"vpcId"`
	Ingress     []Rule `xml:"ipPermissions>item"`
	Egress      []Rule `xml:"ipPermissionsEgress>item"`
	Tags        []Tag  `xml:"tagSet>item"`
}

// Rule lets traffic through; each has one range or one group.
type Rule struct {
	Protocol string      `xml:"ipProtocol"`
	From     *int64      `xml:"fromPort"`
	To       *int64      `xml:"toPort"`
	Groups   []GroupPair `xml:"groups>item"`
	Ranges   []Range     `xml:"ipRanges>item"`
	Ranges6  []Range6    `xml:"ipv6Ranges>item"`
	ID       string      `xml:"-"`
}

// GroupPair is a group whose members a Rule lets through.
type GroupPair struct {
	Description string `xml:"description,omitempty"`
	UserId      string `xml:"userId"`
	GroupId     string `xml:"groupId"`
	GroupName   string `xml:"-"`
	VpcId       string `xml:"-"`
}

// Range is a range of addresses.
type Range struct {
	CidrIp      string `xml:"cidrIp" q:",required"`
	Description string `xml:"description,omitempty"`
}

// Range6 is a range of IPv6 addresses.
type Range6 struct {
	CidrIpv6    string `xml:"cidrIpv6" q:",required"`
	Description string `xml:"description,omitempty"`
}
