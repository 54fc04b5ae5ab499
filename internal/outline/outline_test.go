package outline

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/recipe"
	"github.com/ovenbird-io/ovenbird/internal/scope"
)

const text = `
variable "name" { default = "x" }
variable "password" {
  default   = "hunter2"
  sensitive = true
}
locals { both = "${var.name}-y" }
source "any" "a" {}
provisioners "all" {
  provisioner "shell" { name = "first" }
}
build {
  name        = "web"
  description = "A server."
  sources     = ["source.any.a", unknown.x]
  use         = ["all", "none"]
  source "any.b" {}
  provisioner "file" {}
  post-processor "manifest" {}
  post-processors {
    post-processor "compress" { name = var.name }
    post-processor "checksum" {}
  }
}
build {
  sources = ["any.a"]
  cache   = false
}
`

const variables = `> input-variables:

var.name: "x"
var.password: "<sensitive>"

> local-variables:

local.both: "x-y"
`

const builds = `> builds:

  > web:

  > Description: A server.

    sources:

      any.a

      any.b

    provisioners:

      shell.first
      file

    post-processors:

      0:
        manifest

      1:
        compress.x
        checksum

  > <unnamed build 1>:

    sources:

      any.a

    provisioners:

      <no provisioner>

    post-processors:

      <no post-processor>
`

func TestOutline(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.pkr.hcl")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r := recipe.Open(name, nil, scope.Inputs{})
	for _, b := range r.Blocks {
		r.Scope.Declare(b)
	}
	r.SetVariables()
	r.Scope.EvaluateLocals()
	if got := Variables(r.Scope); got != variables {
		t.Errorf("got:\n%s\nwant:\n%s", got, variables)
	}
	if got := Builds(r); got != builds {
		t.Errorf("got:\n%s\nwant:\n%s", got, builds)
	}
}
