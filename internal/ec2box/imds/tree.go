package imds

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// tree is all that is told of an instance, by path without the version.
func tree(in Instance) map[string]string {
	all := map[string]string{}
	add := func(under string, values map[string]string) {
		for name, value := range values {
			if value != "" {
				all[under+name] = value
			}
		}
	}
	add("meta-data/", map[string]string{
		"ami-id": in.ImageID, "ami-launch-index": "0", "ami-manifest-path": "(unknown)", "hostname": in.Hostname,
		"instance-action": "none", "instance-id": in.ID, "instance-life-cycle": "on-demand", "instance-type": in.Type,
		"local-hostname": in.Hostname, "local-ipv4": in.PrivateIP, "mac": in.MAC, "profile": "default-hvm",
		"public-ipv4": in.PublicIP, "public-hostname": publicName(in.PublicIP), "reservation-id": in.Reservation,
		"security-groups": strings.Join(in.SecurityGroups, "\n"),
	})
	add("meta-data/placement/", map[string]string{"availability-zone": in.Zone, "region": in.Region})
	add("meta-data/services/", map[string]string{"domain": "amazonaws.com", "partition": "aws"})
	add("meta-data/block-device-mapping/", in.BlockDevices)
	if in.MAC != "" {
		add("meta-data/network/interfaces/macs/"+in.MAC+"/", map[string]string{
			"device-number": "0", "interface-id": "eni-" + strings.TrimPrefix(in.ID, "i-"), "local-hostname": in.Hostname,
			"local-ipv4s": in.PrivateIP, "mac": in.MAC, "owner-id": in.Account, "public-ipv4s": in.PublicIP,
			"security-groups": strings.Join(in.SecurityGroups, "\n"), "subnet-id": in.Subnet, "vpc-id": in.VPC,
			"subnet-ipv4-cidr-block": in.CIDR, "vpc-ipv4-cidr-block": in.CIDR,
		})
	}
	if in.PublicKey != "" {
		all["meta-data/public-keys/0/openssh-key"] = in.PublicKey
	}
	if in.Options.Tags {
		add("meta-data/tags/instance/", in.Tags)
	}
	if in.Role.Name != "" {
		all["meta-data/iam/info"] = text(map[string]string{
			"Code": "Success", "LastUpdated": stamp(in.Role.CredentialsMade),
			"InstanceProfileArn": in.Role.ProfileARN, "InstanceProfileId": in.Role.ProfileID,
		})
		all["meta-data/iam/security-credentials/"+in.Role.Name] = text(map[string]string{
			"Code": "Success", "Type": "AWS-HMAC", "LastUpdated": stamp(in.Role.CredentialsMade), "Expiration": stamp(in.Role.CredentialsUntil),
			"AccessKeyId": in.Role.AccessKey, "SecretAccessKey": in.Role.SecretKey, "Token": in.Role.Token,
		})
	}
	all["dynamic/instance-identity/document"] = document(in)
	// Names that a listing shows differently.
	if in.PublicKey != "" {
		all["meta-data/public-keys/"] = "0=" + in.KeyName
	}
	if in.UserData != nil {
		all["user-data"] = ""
	}
	return all
}

// document is the instance identity document. It is not signed.
func document(in Instance) string {
	return text(map[string]any{
		"accountId": in.Account, "architecture": in.Architecture, "availabilityZone": in.Zone, "billingProducts": nil,
		"devpayProductCodes": nil, "marketplaceProductCodes": nil, "imageId": in.ImageID, "instanceId": in.ID, "instanceType": in.Type,
		"kernelId": nil, "pendingTime": stamp(in.Launched), "privateIp": in.PrivateIP, "ramdiskId": nil, "region": in.Region, "version": "2017-09-30",
	})
}

func text(v any) string {
	raw, _ := json.MarshalIndent(v, "", "  ") // maps of strings always can be
	return string(raw)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func publicName(ip string) string {
	if ip == "" {
		return ""
	}
	return "ec2-" + strings.ReplaceAll(ip, ".", "-") + ".compute-1.amazonaws.com"
}

// look gives what stands at a path: a value, or the list of what is below it.
func look(all map[string]string, path string) (string, bool) {
	path = strings.Trim(path, "/")
	if value, ok := all[path]; ok {
		return value, true
	}
	under := path + "/"
	if path == "" {
		under = ""
	}
	if listing, ok := all[under]; ok && under != "" {
		return listing, true
	}
	names := map[string]bool{}
	for key := range all {
		rest, ok := strings.CutPrefix(key, under)
		if !ok || rest == "" {
			continue
		}
		name, _, deeper := strings.Cut(rest, "/")
		if deeper {
			name += "/"
		}
		names[name] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(names)), "\n"), len(names) > 0
}
