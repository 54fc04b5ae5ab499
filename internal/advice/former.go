package advice

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// former says what became of options that Packer had.
func former(name string) string {
	return map[string]string{
		"iso_checksum_type": `The type stands before the checksum now: iso_checksum = "sha256:...".`,
		"iso_checksum_url":  `The list is named in iso_checksum now: "file:https://...".`,
		"iso_md5":           `Any checksum is iso_checksum now: "md5:...".`,
		"ssh_key_path":      "It is called ssh_private_key_file now.",
		"ssh_disable_agent": "It is called ssh_disable_agent_forwarding now.",
		"clean_image_name":  "It is a function of templates now: {{ clean_resource_name }}.",
	}[name]
}

// explainFormer is about an argument that is not there, unless it has a name much
// like another.
func explainFormer(d *hcl.Diagnostic) {
	_, rest, quoted := strings.Cut(d.Detail, `There is no argument "`)
	name, _, closed := strings.Cut(rest, `"`)
	if why := former(name); quoted && closed && why != "" {
		d.Detail = fmt.Sprintf("There is no argument %q here. %s", name, why)
	}
}
