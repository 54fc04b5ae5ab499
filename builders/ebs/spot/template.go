package spot

import (
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// templateOf is an instance as a launch template has it.
func templateOf(in *ec2.RunInstancesInput) *types.RequestLaunchTemplateData {
	data := &types.RequestLaunchTemplateData{
		ImageId: in.ImageId, KeyName: in.KeyName, UserData: in.UserData, EbsOptimized: in.EbsOptimized, SecurityGroupIds: in.SecurityGroupIds,
		CreditSpecification: in.CreditSpecification, BlockDeviceMappings: disks(in.BlockDeviceMappings), NetworkInterfaces: cards(in.NetworkInterfaces),
	}
	if p := in.IamInstanceProfile; p != nil {
		data.IamInstanceProfile = &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Arn: p.Arn, Name: p.Name}
	}
	if m := in.MetadataOptions; m != nil {
		data.MetadataOptions = &types.LaunchTemplateInstanceMetadataOptionsRequest{
			HttpEndpoint: types.LaunchTemplateInstanceMetadataEndpointState(m.HttpEndpoint), HttpTokens: types.LaunchTemplateHttpTokensState(m.HttpTokens),
			HttpPutResponseHopLimit: m.HttpPutResponseHopLimit, InstanceMetadataTags: types.LaunchTemplateInstanceMetadataTagsState(m.InstanceMetadataTags),
		}
	}
	if p := in.Placement; p != nil { // the zone is the fleet's choice
		data.Placement = &types.LaunchTemplatePlacementRequest{HostId: p.HostId, HostResourceGroupArn: p.HostResourceGroupArn, Tenancy: p.Tenancy}
	}
	for _, l := range in.LicenseSpecifications {
		data.LicenseSpecifications = append(data.LicenseSpecifications, types.LaunchTemplateLicenseConfigurationRequest(l))
	}
	for _, t := range in.TagSpecifications {
		data.TagSpecifications = append(data.TagSpecifications, types.LaunchTemplateTagSpecificationRequest{ResourceType: t.ResourceType, Tags: t.Tags})
	}
	return data
}

func disks(all []types.BlockDeviceMapping) []types.LaunchTemplateBlockDeviceMappingRequest {
	var out []types.LaunchTemplateBlockDeviceMappingRequest
	for _, m := range all {
		d := types.LaunchTemplateBlockDeviceMappingRequest{DeviceName: m.DeviceName, NoDevice: m.NoDevice, VirtualName: m.VirtualName}
		if e := m.Ebs; e != nil {
			d.Ebs = &types.LaunchTemplateEbsBlockDeviceRequest{
				DeleteOnTermination: e.DeleteOnTermination, Encrypted: e.Encrypted, Iops: e.Iops, KmsKeyId: e.KmsKeyId,
				SnapshotId: e.SnapshotId, Throughput: e.Throughput, VolumeSize: e.VolumeSize, VolumeType: e.VolumeType,
			}
		}
		out = append(out, d)
	}
	return out
}

// cards are the network interfaces, without their subnet: the fleet chooses it.
func cards(all []types.InstanceNetworkInterfaceSpecification) []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest {
	var out []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest
	for _, c := range all {
		out = append(out, types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{
			DeviceIndex: c.DeviceIndex, Groups: c.Groups, DeleteOnTermination: c.DeleteOnTermination,
			AssociatePublicIpAddress: c.AssociatePublicIpAddress, Ipv6AddressCount: c.Ipv6AddressCount,
		})
	}
	return out
}
