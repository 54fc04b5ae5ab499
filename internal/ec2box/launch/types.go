package launch

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// Type is an instance type.
type Type struct {
	Name      string   `xml:"instanceType"`
	Current   bool     `xml:"currentGeneration"`
	FreeTier  bool     `xml:"freeTierEligible"`
	Usage     []string `xml:"supportedUsageClasses>item"`
	RootTypes []string `xml:"supportedRootDeviceTypes>item"`
	Virtual   []string `xml:"supportedVirtualizationTypes>item"`
	Bare      bool     `xml:"bareMetal"`
	Hyper     string   `xml:"hypervisor"`
	Archs     []string `xml:"processorInfo>supportedArchitectures>item"`
	CPUs      int64    `xml:"vCpuInfo>defaultVCpus"`
	Memory    int64    `xml:"memoryInfo>sizeInMiB"`
	Storage   bool     `xml:"instanceStorageSupported"`
	Optimized string   `xml:"ebsInfo>ebsOptimizedSupport"`
	ENA       string   `xml:"networkInfo>enaSupport"`
	Burst     bool     `xml:"burstablePerformanceSupported"`
	Boot      []string `xml:"supportedBootModes>item"`
}

// Price is what a spot instance of the type costs, in dollars an hour.
func (t *Type) Price() float64 { return 0.0013 * float64(t.Memory) / 1024 }

// Arch is the architecture of the type.
func (t *Type) Arch() string { return t.Archs[0] }

// Types are the instance types that there are.
func Types() []*Type {
	var all []*Type
	for _, f := range []struct {
		name, arch string
		burst, ena bool
		perCPU     int64 // MiB
		sizes      string
	}{
		{"t2", "x86_64", true, false, 2048, "nano micro small medium large xlarge 2xlarge"},
		{"t3", "x86_64", true, true, 2048, "nano micro small medium large xlarge 2xlarge"},
		{"t3a", "x86_64", true, true, 2048, "nano micro small medium large xlarge 2xlarge"},
		{"t4g", "arm64", true, true, 2048, "nano micro small medium large xlarge 2xlarge"},
		{"m5", "x86_64", false, true, 4096, "large xlarge 2xlarge 4xlarge"},
		{"m6i", "x86_64", false, true, 4096, "large xlarge 2xlarge 4xlarge"},
		{"m6g", "arm64", false, true, 4096, "medium large xlarge 2xlarge 4xlarge"},
		{"m7i", "x86_64", false, true, 4096, "large xlarge 2xlarge 4xlarge"},
		{"c5", "x86_64", false, true, 2048, "large xlarge 2xlarge 4xlarge"},
		{"c6i", "x86_64", false, true, 2048, "large xlarge 2xlarge 4xlarge"},
		{"c7g", "arm64", false, true, 2048, "medium large xlarge 2xlarge 4xlarge"},
		{"r5", "x86_64", false, true, 8192, "large xlarge 2xlarge 4xlarge"},
	} {
		for _, size := range strings.Fields(f.sizes) {
			t := &Type{
				Name: f.name + "." + size, Current: f.name != "t2", FreeTier: size == "micro", Usage: []string{"on-demand", "spot"}, RootTypes: []string{"ebs"},
				Virtual: []string{"hvm"}, Hyper: "nitro", Archs: []string{f.arch}, CPUs: cpusOf(size), Memory: f.perCPU * cpusOf(size),
				Optimized: "default", ENA: "required", Burst: f.burst, Boot: []string{"legacy-bios", "uefi"},
			}
			if less := map[string]int64{"nano": 512, "micro": 1024, "small": 2048, "medium": 4096, "large": 8192}[size]; f.burst && less > 0 {
				t.Memory = less
			}
			if !f.ena {
				t.ENA, t.Hyper, t.Optimized = "unsupported", "xen", "unsupported"
			}
			if f.arch == "arm64" {
				t.Boot = []string{"uefi"}
			}
			all = append(all, t)
		}
	}
	return all
}

func cpusOf(size string) int64 {
	if n := map[string]int64{"medium": 1, "xlarge": 4, "2xlarge": 8, "4xlarge": 16}[size]; n > 0 {
		return n
	}
	return 2
}

// TypeOf finds an instance type.
func TypeOf(name string) (*Type, error) {
	for _, t := range Types() {
		if t.Name == name {
			return t, nil
		}
	}
	return nil, wire.Bad("InvalidParameterValue", "Invalid value '%s' for InstanceType.", name)
}

type describeTypesIn struct {
	wire.Page
	InstanceType []string
	Filter       []wire.Filter
}

func describeTypes(_ *world.Call, in describeTypesIn) (any, error) {
	all := Types()
	if len(in.InstanceType) > 0 {
		var unknown []string
		all = nil
		for _, name := range in.InstanceType {
			t, err := TypeOf(name)
			if err != nil {
				unknown = append(unknown, name)
				continue
			}
			all = append(all, t)
		}
		if len(unknown) > 0 {
			return nil, wire.Bad("InvalidInstanceType", "The following supplied instance types do not exist: %v", unknown)
		}
	}
	all, err := wire.Select(all, in.Filter, wire.Fields[Type]{
		"instance-type": wire.One(func(t *Type) string { return t.Name }), "current-generation": wire.One(func(t *Type) string { return fmt.Sprint(t.Current) }),
		"processor-info.supported-architecture": wire.One(func(t *Type) string { return t.Arch() }), "free-tier-eligible": wire.One(func(t *Type) string { return fmt.Sprint(t.FreeTier) }),
		"burstable-performance-supported": wire.One(func(t *Type) string { return fmt.Sprint(t.Burst) }), "hypervisor": wire.One(func(t *Type) string { return t.Hyper }),
		"vcpu-info.default-vcpus": wire.One(func(t *Type) string { return fmt.Sprint(t.CPUs) }), "memory-info.size-in-mib": wire.One(func(t *Type) string { return fmt.Sprint(t.Memory) }),
		"bare-metal": wire.One(func(t *Type) string { return fmt.Sprint(t.Bare) }),
	}, nil)
	if err != nil {
		return nil, err
	}
	page, next, err := wire.Cut(all, in.Page, 5, 100, world.Listed("instanceTypes", in.InstanceType))
	return struct {
		Types []*Type `xml:"instanceTypeSet>item"`
		Next  string  `xml:"nextToken,omitempty"`
	}{page, next}, err
}

// offering says that a type can be had somewhere.
type offering struct {
	Type     string `xml:"instanceType"`
	Kind     string `xml:"locationType"`
	Location string `xml:"location"`
}

type offeringsIn struct {
	wire.Page
	LocationType string
	Filter       []wire.Filter
}

// describeOfferings leaves the last zone without the types of the newest family,
// as real zones differ, too.
func describeOfferings(c *world.Call, in offeringsIn) (any, error) {
	places := []string{c.Name}
	switch in.LocationType {
	case "", "region":
		in.LocationType = "region"
	case "availability-zone":
		places = c.Zones()
	default:
		return nil, wire.Unsupported("offerings by " + in.LocationType)
	}
	var all []*offering
	for _, t := range Types() {
		for _, place := range places {
			if Offered(c, t.Name, place) {
				all = append(all, &offering{t.Name, in.LocationType, place})
			}
		}
	}
	all, err := wire.Select(all, in.Filter, wire.Fields[offering]{
		"instance-type": wire.One(func(o *offering) string { return o.Type }), "location": wire.One(func(o *offering) string { return o.Location }),
	}, nil)
	if err != nil {
		return nil, err
	}
	page, next, err := wire.Cut(all, in.Page, 5, 1000, "")
	return struct {
		Offerings []*offering `xml:"instanceTypeOfferingSet>item"`
		Next      string      `xml:"nextToken,omitempty"`
	}{page, next}, err
}

// Offered says whether a type can be had in a zone.
func Offered(c *world.Call, name, zone string) bool {
	return !strings.HasPrefix(name, "m7i.") || slices.Index(c.Zones(), zone) != len(c.Zones())-1
}
