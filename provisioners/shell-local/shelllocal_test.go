package shelllocal

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

func TestProvision(t *testing.T) {
	s, _ := New(provisioners.Env{
		BuildName: "debian", BuilderType: "qemu", HTTPAddr: "10.0.2.2:80", Vars: map[string]string{"ID": "VM"},
	}).(*ShellLocal)
	out := filepath.Join(t.TempDir(), "out")
	s.Env = map[string]string{"OUT": out}
	s.Command = "echo $PACKER_BUILD_NAME $PACKER_BUILDER_TYPE $PACKER_HTTP_ADDR $1 >$OUT"
	s.ExecuteCommand = []string{"/bin/sh", "-c", "{{.Vars}} {{.Script}} {{.ID}}"}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	if err := s.Provision(t.Context(), nil, &ui.UI{}); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(out); err != nil || string(got) != "debian qemu 10.0.2.2:80 VM\n" {
		t.Errorf("the script saw %q, error %v", got, err)
	}
}

func TestValidate(t *testing.T) {
	s, _ := New(provisioners.Env{}).(*ShellLocal)
	if p := option.Problems(s.Validate()); len(p) != 1 {
		t.Errorf("a step without a script has problems %v", p)
	}
}
