package buildvars

import (
	"testing"

	"github.com/ovenbird-io/ovenbird/builders"
)

func TestUnknownIsKnownByName(t *testing.T) {
	all := Unknown("debian", "run")
	for _, name := range Names() {
		v, ok := all[name]
		if known := name == "name" || name == "PackerRunUUID"; !ok || v.IsKnown() != known {
			t.Errorf("%s: %#v", name, v)
		}
	}
}

func TestPlaceholdersAreKnown(t *testing.T) {
	for name, got := range Texts(Placeholders("n")) {
		want := "<build." + name + ">"
		switch name {
		case "name":
			want = "n"
		case "Port":
			want = "0"
		case "PackerRunUUID":
			want = ""
		}
		if got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestKnown(t *testing.T) {
	for _, c := range []struct {
		name string
		info builders.Info
		more map[string]string
		want map[string]string
	}{
		{"a machine", builders.Info{ID: "VM", Host: "h", Port: 22, User: "u", ConnType: "ssh", HTTPIP: "10.0.2.2", HTTPPort: 80}, nil, map[string]string{
			"ID": "VM", "Host": "h", "Port": "22", "User": "u", "name": "n", "PackerRunUUID": "run",
			"PackerHTTPAddr": "10.0.2.2:80", "PackerHTTPPort": "80", "WinRMPassword": "",
		}},
		{"nothing is there", builders.Info{}, nil, map[string]string{"ID": "", "Port": "0", "PackerHTTPAddr": "", "SourceAMI": ""}},
		{"Windows", builders.Info{ConnType: "winrm", Password: "p"}, nil, map[string]string{"WinRMPassword": "p", "Password": "p"}},
		{"what the builder adds", builders.Info{ID: "i-1"}, map[string]string{"SourceAMI": "ami-1", "ID": "x"}, map[string]string{"SourceAMI": "ami-1", "ID": "i-1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Texts(Known(c.info, "n", "run", c.more))
			for key, want := range c.want {
				if got[key] != want {
					t.Errorf("%s is %q, want %q", key, got[key], want)
				}
			}
		})
	}
}
