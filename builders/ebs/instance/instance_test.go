package instance

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/ovenbird-io/ovenbird/builders/ebs/network"
	"github.com/ovenbird-io/ovenbird/internal/option"
)

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		name string
		o    Options
		want []string
	}{
		{"nothing", Options{}, nil},
		{"good metadata", Options{MetadataOptions: &Metadata{HTTPTokens: "optional", HopLimit: 2, Tags: "enabled"}}, nil},
		{"bad metadata", Options{MetadataOptions: &Metadata{HTTPEndpoint: "on", HTTPTokens: "yes", HopLimit: 65, Tags: "no"}}, []string{
			"metadata_options.http_endpoint", "metadata_options.http_tokens", "metadata_options.instance_metadata_tags", "metadata_options.http_put_response_hop_limit",
		}},
		{"user data twice", Options{UserData: "a", UserDataFile: "b"}, []string{"user_data"}},
		{"it would be gone", Options{DisableStopInstance: true, ShutdownBehavior: "terminate"}, []string{"shutdown_behavior"}},
		{"an unknown behaviour", Options{ShutdownBehavior: "sleep"}, []string{"shutdown_behavior"}},
		{"an enclave", Options{InstanceType: "t3.small", EnableNitroEnclave: true}, []string{"enable_nitro_enclave"}},
		{"a session", Options{SSHInterface: "session_manager"}, []string{"ssh_interface"}},
		{"no interface", Options{SSHInterface: "public"}, []string{"ssh_interface"}},
		{"two reservations", Options{CapacityReservationID: "cr-1", CapacityReservationPreference: "open"}, []string{"capacity_reservation_id"}},
		{"two hosts", Options{Placement: &Placement{HostID: "h-1", HostResourceGroupARN: "arn"}}, []string{"placement.host_id"}},
		{"a host that is not dedicated", Options{Placement: &Placement{HostID: "h-1", Tenancy: "default"}}, []string{"placement.tenancy"}},
		{"no license", Options{LicenseSpecifications: []License{{}}}, []string{"license_specifications.license_configuration_request"}},
	} {
		var got []string
		for _, p := range option.Problems(c.o.Validate()) {
			got = append(got, p.Option)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: blamed %v, want %v", c.name, got, c.want)
		}
	}
}

// TestInput has the parameters of a launch, by what is said of them.
func TestInput(t *testing.T) {
	yes := true
	place := network.Place{VPC: "vpc-1", Subnet: "subnet-1", Zone: "eu-west-1a"}
	for _, c := range []struct {
		name  string
		o     Options
		l     Launch
		typ   string
		place network.Place
		good  func(*ec2.RunInstancesInput) bool
	}{
		{name: "IMDSv2 is required", good: func(in *ec2.RunInstancesInput) bool {
			m := in.MetadataOptions
			return m.HttpTokens == "required" && m.HttpEndpoint == "enabled" && *m.HttpPutResponseHopLimit == 1
		}},
		{name: "unless it is not", o: Options{MetadataOptions: &Metadata{HTTPTokens: "optional", HopLimit: 3}}, good: func(in *ec2.RunInstancesInput) bool {
			return in.MetadataOptions.HttpTokens == "optional" && *in.MetadataOptions.HttpPutResponseHopLimit == 3
		}},
		{name: "no metadata at all, which is sent", o: Options{MetadataOptions: &Metadata{HTTPEndpoint: "disabled", Tags: "enabled"}}, good: func(in *ec2.RunInstancesInput) bool {
			return in.MetadataOptions.HttpEndpoint == "disabled" && in.MetadataOptions.InstanceMetadataTags == "" && in.MetadataOptions.HttpPutResponseHopLimit == nil
		}},
		{name: "it ends when it shuts down", good: func(in *ec2.RunInstancesInput) bool { return in.InstanceInitiatedShutdownBehavior == "terminate" }},
		{name: "but not when it is to do so", o: Options{DisableStopInstance: true}, good: func(in *ec2.RunInstancesInput) bool {
			return in.InstanceInitiatedShutdownBehavior == "stop"
		}},
		{name: "a token", good: func(in *ec2.RunInstancesInput) bool { return len(aws.ToString(in.ClientToken)) == 36 }},
		{name: "text that could be base64", o: Options{UserData: "echo"}, good: func(in *ec2.RunInstancesInput) bool {
			return aws.ToString(in.UserData) == base64.StdEncoding.EncodeToString([]byte("echo"))
		}},
		{name: "credits", typ: "t3.small", good: func(in *ec2.RunInstancesInput) bool { return *in.CreditSpecification.CpuCredits == "standard" }},
		{name: "unlimited", typ: "t4g.small", o: Options{EnableT2Unlimited: true}, good: func(in *ec2.RunInstancesInput) bool {
			return *in.CreditSpecification.CpuCredits == "unlimited"
		}},
		{name: "none", typ: "m5.large", o: Options{EnableUnlimitedCredits: true}, good: func(in *ec2.RunInstancesInput) bool { return in.CreditSpecification == nil }},
		{name: "a reservation", o: Options{CapacityReservationID: "cr-1"}, good: func(in *ec2.RunInstancesInput) bool {
			return *in.CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationId == "cr-1"
		}},
		{name: "a group of them", o: Options{CapacityReservationGroupARN: "arn"}, good: func(in *ec2.RunInstancesInput) bool {
			return *in.CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationResourceGroupArn == "arn"
		}},
		{name: "a subnet", place: place, l: Launch{Groups: []string{"sg-1"}}, good: func(in *ec2.RunInstancesInput) bool {
			return *in.SubnetId == "subnet-1" && in.SecurityGroupIds[0] == "sg-1" && in.NetworkInterfaces == nil && *in.Placement.AvailabilityZone == "eu-west-1a"
		}},
		{name: "a public address", place: place, l: Launch{Groups: []string{"sg-1"}, Public: &yes}, good: func(in *ec2.RunInstancesInput) bool {
			return in.SubnetId == nil && in.SecurityGroupIds == nil && *in.NetworkInterfaces[0].AssociatePublicIpAddress && in.NetworkInterfaces[0].Groups[0] == "sg-1"
		}},
		{name: "IPv6", place: place, l: Launch{IPv6: true}, good: func(in *ec2.RunInstancesInput) bool { return *in.NetworkInterfaces[0].Ipv6AddressCount == 1 }},
		{name: "a host", o: Options{Placement: &Placement{HostID: "h-1"}}, good: func(in *ec2.RunInstancesInput) bool {
			return *in.Placement.HostId == "h-1" && in.Placement.Tenancy == "host"
		}},
		{name: "nowhere", good: func(in *ec2.RunInstancesInput) bool { return in.Placement == nil }},
		{name: "tags", l: Launch{Tags: map[string]string{"a": "b"}}, good: func(in *ec2.RunInstancesInput) bool { return len(in.TagSpecifications) == 2 }},
	} {
		in, err := c.o.Input(c.l, c.typ, c.place)
		if err != nil || !c.good(in) {
			t.Errorf("%s: %v, got %+v", c.name, err, in)
		}
	}
}

func TestUserDataFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	o := Options{UserDataFile: path}
	if _, err := o.Input(Launch{}, "", network.Place{}); err == nil {
		t.Error("a file that is not there was read")
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh"), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := o.Input(Launch{}, "", network.Place{})
	if err != nil || aws.ToString(in.UserData) != base64.StdEncoding.EncodeToString([]byte("#!/bin/sh")) {
		t.Errorf("%v, got %s", err, aws.ToString(in.UserData))
	}
}

// TestFull tells a lack of capacity, where another type may help, from all else.
func TestFull(t *testing.T) {
	for _, c := range []struct {
		code, text string
		want       bool
	}{
		{"InsufficientInstanceCapacity", "", true},
		{"InsufficientHostCapacity", "", true},
		{"Unsupported", "Your requested instance type (t4g.small) is not supported in your requested Availability Zone (eu-west-1c).", true},
		{"Unsupported", "The requested configuration is currently not supported.", false},
		{"UnauthorizedOperation", "", false},
		{"InvalidParameterValue", "", false},
		{"VcpuLimitExceeded", "", false},
	} {
		err := fmt.Errorf("RunInstances: %w", &smithy.GenericAPIError{Code: c.code, Message: c.text})
		if Full(err) != c.want {
			t.Errorf("%s %s: got %t", c.code, c.text, !c.want)
		}
	}
}

func TestHost(t *testing.T) {
	i := &types.Instance{
		PublicIpAddress: aws.String("1.2.3.4"), PrivateIpAddress: aws.String("10.0.0.1"), PublicDnsName: aws.String("pub"), PrivateDnsName: aws.String("priv"),
		NetworkInterfaces: []types.InstanceNetworkInterface{{Ipv6Addresses: []types.InstanceIpv6Address{{Ipv6Address: aws.String("2001:db8::1")}}}},
	}
	for kind, want := range map[string]string{"": "1.2.3.4", "public_ip": "1.2.3.4", "private_ip": "10.0.0.1", "public_dns": "pub", "private_dns": "priv", "ipv6": "2001:db8::1"} {
		if got := (&Options{SSHInterface: kind}).host(i); got != want {
			t.Errorf("%q: got %s, want %s", kind, got, want)
		}
	}
}
