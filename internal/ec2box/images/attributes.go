package images

import (
	"slices"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/storage"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// value is how a request gives an attribute's value.
type value struct {
	Value string `xml:"value"`
}

type modifyIn struct {
	imageIn
	storage.OldStyle
	Attribute             string
	Value                 *string
	Description           *value
	ImdsSupport           *value
	LaunchPermission      *storage.Changes
	OrganizationArn       []string
	OrganizationalUnitArn []string
	ProductCode           []string
}

// changes are the permissions that the request adds and removes, in whichever
// way it says so.
func (in modifyIn) changes() (storage.Changes, error) {
	ch, err := in.Changes()
	if err != nil {
		return ch, err
	}
	var more []record.Permission
	for _, arn := range in.OrganizationArn {
		more = append(more, record.Permission{OrganizationArn: arn})
	}
	for _, arn := range in.OrganizationalUnitArn {
		more = append(more, record.Permission{OrganizationalUnitArn: arn})
	}
	switch {
	case len(more) > 0 && in.OperationType == "add":
		ch.Add = append(ch.Add, more...)
	case len(more) > 0 && in.OperationType == "remove":
		ch.Remove = append(ch.Remove, more...)
	case len(more) > 0:
		return ch, wire.Missing("OperationType")
	}
	if in.LaunchPermission != nil {
		ch.Add, ch.Remove = append(ch.Add, in.LaunchPermission.Add...), append(ch.Remove, in.LaunchPermission.Remove...)
	}
	return ch, nil
}

// modify changes one attribute, as EC2 does: a request for more is refused.
func modify(c *world.Call, in modifyIn) (any, error) {
	i, err := available(c, in.ImageId)
	if err != nil {
		return nil, err
	}
	if in.Value != nil {
		switch in.Attribute {
		case "description":
			in.Description = &value{*in.Value}
		case "imdsSupport":
			in.ImdsSupport = &value{*in.Value}
		default:
			return nil, wire.Invalid(in.Attribute, "attribute", "It must be description or imdsSupport.")
		}
	}
	ch, err := in.changes()
	if err != nil {
		return nil, err
	}
	count := 0
	for _, given := range []bool{in.Description != nil, in.ImdsSupport != nil, len(ch.Add)+len(ch.Remove) > 0, len(in.ProductCode) > 0} {
		if given {
			count++
		}
	}
	switch {
	case count == 0:
		return nil, wire.Bad("InvalidRequest", "The request received was invalid: no attribute is to be changed")
	case count > 1:
		return nil, wire.Bad("InvalidParameterCombination", "Fields for multiple attribute types specified")
	case len(in.ProductCode) > 0:
		return nil, wire.Unsupported("product codes of images")
	case in.ImdsSupport != nil && in.ImdsSupport.Value != "v2.0":
		return nil, wire.Invalid(in.ImdsSupport.Value, "imdsSupport", "It must be v2.0.")
	}
	return change(c, i, in, ch)
}

func change(c *world.Call, i *record.Image, in modifyIn, ch storage.Changes) (any, error) {
	permissions, err := ch.Apply(i.Permissions)
	if err != nil {
		return nil, err
	}
	for _, m := range i.Devices {
		if s := c.Snapshots[ebs(m).SnapshotId]; s != nil && s.Encrypted && len(ch.Add) > 0 && s.Key == storage.KeyARN(c.Name, c.W.Account, "") {
			return nil, wire.Bad("InvalidParameterValue", "Image %s has a snapshot encrypted with the account's default key, and cannot be shared", i.ID)
		}
	}
	if in.Description != nil {
		if err := checkDescription(in.Description.Value); err != nil {
			return nil, err
		}
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	switch {
	case in.Description != nil:
		i.Description = in.Description.Value
	case in.ImdsSupport != nil:
		i.IMDS = in.ImdsSupport.Value
	default:
		i.Permissions = permissions
		i.Public = slices.ContainsFunc(permissions, func(p record.Permission) bool { return p.Group == "all" })
	}
	return wire.Return{Return: true}, nil
}

type attributeIn struct {
	imageIn
	Attribute string `q:",required"`
}

func describeAttribute(c *world.Call, in attributeIn) (any, error) {
	i, err := owned(c, in.ImageId)
	if err != nil {
		return nil, err
	}
	out := struct {
		ID          string              `xml:"imageId"`
		Description *value              `xml:"description"`
		IMDS        *value              `xml:"imdsSupport"`
		BootMode    *value              `xml:"bootMode"`
		TPM         *value              `xml:"tpmSupport"`
		UEFI        *value              `xml:"uefiData"`
		SRIOV       *value              `xml:"sriovNetSupport"`
		Protection  *value              `xml:"deregistrationProtection"`
		Permissions []record.Permission `xml:"launchPermission>item"`
		Codes       []string            `xml:"productCodes>item"`
		Devices     []record.Mapping    `xml:"blockDeviceMapping>item"`
	}{ID: i.ID}
	values := map[string]struct {
		to    **value
		value string
	}{
		"description": {&out.Description, i.Description}, "imdsSupport": {&out.IMDS, i.IMDS}, "bootMode": {&out.BootMode, i.BootMode},
		"tpmSupport": {&out.TPM, i.TPM}, "uefiData": {&out.UEFI, i.UEFIData}, "sriovNetSupport": {&out.SRIOV, i.SRIOV},
		"deregistrationProtection": {&out.Protection, i.Protection},
	}
	if v, ok := values[in.Attribute]; ok {
		*v.to = &value{v.value}
		return out, nil
	}
	switch in.Attribute {
	case "launchPermission":
		out.Permissions = i.Permissions
	case "blockDeviceMapping":
		out.Devices = i.Devices
	case "productCodes":
	default:
		return nil, wire.Invalid(in.Attribute, "attribute", "The sandbox does not know it.")
	}
	return out, nil
}
