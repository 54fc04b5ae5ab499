package advice

import (
	"testing"

	"github.com/hashicorp/hcl/v2"
)

func TestExplainFormer(t *testing.T) {
	for detail, want := range map[string]string{
		`There is no argument "iso_md5" here. Did you mean "iso_url"?`: `There is no argument "iso_md5" here. Any checksum is iso_checksum now: "md5:...".`,
		`There is no argument "iso" here. Did you mean "iso_url"?`:     `There is no argument "iso" here. Did you mean "iso_url"?`,
		`An argument named "iso_md5" is not expected here.`:            `An argument named "iso_md5" is not expected here.`,
		`There is no argument "`:                                       `There is no argument "`,
	} {
		d := &hcl.Diagnostic{Summary: "Unsupported argument", Detail: detail}
		if Explain(hcl.Diagnostics{d}, nil); d.Detail != want {
			t.Errorf("%s: got %s", detail, d.Detail)
		}
	}
}
