package record

// GroupName is a security group as an instance shows it.
type GroupName struct {
	ID   string `xml:"groupId"`
	Name string `xml:"groupName"`
}

// State is that of an instance, with its number.
type State struct {
	Code int64  `xml:"code"`
	Name string `xml:"name"`
}

// StateOf gives a state its number.
func StateOf(name string) State {
	return State{map[string]int64{"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}[name], name}
}

// Device is a volume as an instance shows it.
type Device struct {
	Name string `xml:"deviceName"`
	Ebs  struct {
		Volume string `xml:"volumeId"`
		State  string `xml:"status"`
		Since  string `xml:"attachTime"`
		Delete bool   `xml:"deleteOnTermination"`
	} `xml:"ebs"`
}

// Metadata are the options of an instance's metadata service.
type Metadata struct {
	State    string `xml:"state"`
	Tokens   string `xml:"httpTokens"`
	Hops     int64  `xml:"httpPutResponseHopLimit"`
	Endpoint string `xml:"httpEndpoint"`
	IPv6     string `xml:"httpProtocolIpv6"`
	Tags     string `xml:"instanceMetadataTags"`
}

// Placement says where an instance is.
type Placement struct {
	Zone    string `xml:"availabilityZone"`
	Group   string `xml:"groupName"`
	Tenancy string `xml:"tenancy"`
}

// ProfileRef is an instance profile as an instance shows it.
type ProfileRef struct {
	ARN string `xml:"arn"`
	ID  string `xml:"id"`
}

// Association is the public address of an Interface.
type Association struct {
	PublicIP  string `xml:"publicIp"`
	PublicDNS string `xml:"publicDnsName"`
	Owner     string `xml:"ipOwnerId"`
}

// Interface is a network interface as an instance shows it.
type Interface struct {
	ID          string       `xml:"networkInterfaceId"`
	Subnet      string       `xml:"subnetId"`
	VPC         string       `xml:"vpcId"`
	Owner       string       `xml:"ownerId"`
	Status      string       `xml:"status"`
	MAC         string       `xml:"macAddress"`
	PrivateIP   string       `xml:"privateIpAddress"`
	Association *Association `xml:"association"`
	Groups      []GroupName  `xml:"groupSet>item"`
	Device      int64        `xml:"attachment>deviceIndex"`
	Delete      bool         `xml:"attachment>deleteOnTermination"`
	Attached    string       `xml:"attachment>status"`
	Tags        []Tag        `xml:"-"`
}

// Instance is a machine.
type Instance struct {
	ID             string      `xml:"instanceId"`
	Image          string      `xml:"imageId"`
	State          State       `xml:"instanceState"`
	StateReason    *Reason     `xml:"stateReason"`
	Transition     string      `xml:"reason"`
	PrivateDNS     string      `xml:"privateDnsName"`
	PublicDNS      string      `xml:"dnsName"`
	PrivateIP      string      `xml:"privateIpAddress,omitempty"`
	PublicIP       string      `xml:"ipAddress,omitempty"`
	KeyName        string      `xml:"keyName,omitempty"`
	Index          int64       `xml:"amiLaunchIndex"`
	Type           string      `xml:"instanceType"`
	Launched       string      `xml:"launchTime"`
	Placement      Placement   `xml:"placement"`
	Monitoring     string      `xml:"monitoring>state"`
	Subnet         string      `xml:"subnetId,omitempty"`
	VPC            string      `xml:"vpcId,omitempty"`
	Architecture   string      `xml:"architecture"`
	RootType       string      `xml:"rootDeviceType"`
	RootDevice     string      `xml:"rootDeviceName"`
	Devices        []Device    `xml:"blockDeviceMapping>item"`
	Virtualization string      `xml:"virtualizationType"`
	Token          string      `xml:"clientToken,omitempty"`
	Lifecycle      string      `xml:"instanceLifecycle,omitempty"`
	SpotRequest    string      `xml:"spotInstanceRequestId,omitempty"`
	Hypervisor     string      `xml:"hypervisor"`
	Interfaces     []Interface `xml:"networkInterfaceSet>item"`
	Profile        *ProfileRef `xml:"iamInstanceProfile"`
	EBSOptimized   bool        `xml:"ebsOptimized"`
	ENA            bool        `xml:"enaSupport"`
	SRIOV          string      `xml:"sriovNetSupport,omitempty"`
	SourceCheck    bool        `xml:"sourceDestCheck"`
	Groups         []GroupName `xml:"groupSet>item"`
	Metadata       Metadata    `xml:"metadataOptions"`
	Enclave        bool        `xml:"enclaveOptions>enabled"`
	BootMode       string      `xml:"bootMode,omitempty"`
	Platform       string      `xml:"platformDetails"`
	Tags           []Tag       `xml:"tagSet>item"`

	Reservation string `xml:"-"`
	UserData    string `xml:"-"` // base64
	Shutdown    string `xml:"-"` // stop or terminate
	NoTerminate bool   `xml:"-"` // by the API
	NoStop      bool   `xml:"-"`
	Credits     string `xml:"-"`
	SSHPort     int    `xml:"-"`
	PublicWish  bool   `xml:"-"` // it gets a public address
	Fails       bool   `xml:"-"`
	Ended       string `xml:"-"` // when it was terminated
	Console     string `xml:"-"` // of a terminated one
	PublicKey   string `xml:"-"`
	Session     string `xml:"-"` // the access key of its role
	// Booting is while its machine is started, which cannot be broken off.
	Booting bool `xml:"-"`
	// Rebooting is while an image is made of it: its machine is off.
	Rebooting bool `xml:"-"`
}

// Is says whether it is in one of some states.
func (i *Instance) Is(states ...string) bool {
	for _, s := range states {
		if i.State.Name == s {
			return true
		}
	}
	return false
}
