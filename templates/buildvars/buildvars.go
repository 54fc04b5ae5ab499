// Package buildvars makes build.*: what templates see of a machine.
package buildvars

import (
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/builders"
)

// Names are the X of build.X: those of any machine, then those of EC2.
func Names() []string {
	return []string{
		"name", "ID", "Host", "Port", "User", "Password", "ConnType", "PackerRunUUID",
		"PackerHTTPPort", "PackerHTTPIP", "PackerHTTPAddr", "SSHPublicKey", "SSHPrivateKey", "WinRMPassword",
		"BuildRegion", "SourceAMI", "SourceAMIName", "SourceAMIOwner", "SourceAMIOwnerName", "SourceAMICreationDate",
	}
}

// Unknown is build.* before there is a machine.
func Unknown(name, runID string) map[string]cty.Value {
	all := map[string]cty.Value{}
	for _, key := range Names() {
		all[key] = cty.UnknownVal(cty.String)
	}
	all["Port"] = cty.UnknownVal(cty.Number)
	all["name"], all["PackerRunUUID"] = cty.StringVal(name), cty.StringVal(runID)
	return all
}

// Placeholders is build.* as far as it is the same in every run: names stand for
// what belongs to one machine.
func Placeholders(name string) map[string]cty.Value {
	all := Unknown(name, "")
	for key, v := range all {
		if !v.IsKnown() {
			all[key] = cty.StringVal("<build." + key + ">")
		}
	}
	all["Port"] = cty.Zero
	return all
}

// Known is build.* of a running machine; what it lacks is empty.
func Known(info builders.Info, name, runID string, more map[string]string) map[string]cty.Value {
	all := Unknown(name, runID)
	for key, v := range all {
		if !v.IsKnown() {
			all[key] = cty.StringVal("")
		}
	}
	for key, v := range more {
		all[key] = cty.StringVal(v)
	}
	for key, v := range map[string]string{
		"ID": info.ID, "Host": info.Host, "User": info.User, "Password": info.Password, "ConnType": info.ConnType,
		"SSHPublicKey": info.SSHPublicKey, "SSHPrivateKey": info.SSHPrivateKey, "PackerHTTPIP": info.HTTPIP,
	} {
		if v != "" {
			all[key] = cty.StringVal(v)
		}
	}
	if info.ConnType == "winrm" {
		all["WinRMPassword"] = cty.StringVal(info.Password)
	}
	all["Port"] = cty.NumberIntVal(int64(info.Port))
	all["PackerHTTPPort"] = cty.StringVal(fmt.Sprint(info.HTTPPort))
	if info.HTTPPort != 0 {
		all["PackerHTTPAddr"] = cty.StringVal(fmt.Sprintf("%s:%d", info.HTTPIP, info.HTTPPort))
	}
	return all
}

// Texts is build.* for {{ build `X` }}.
func Texts(build map[string]cty.Value) map[string]string {
	out := map[string]string{}
	for key, v := range build {
		if v.Type() == cty.Number {
			out[key] = v.AsBigFloat().Text('f', -1)
			continue
		}
		out[key] = v.AsString()
	}
	return out
}
