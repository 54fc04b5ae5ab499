package legacy

import (
	"strings"
	"testing"
)

// TestUpgrade has whole templates, in which ' stands for a backquote.
func TestUpgrade(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"a web server", `{
  "_comment": "for people",
  "min_packer_version": "1.2.3",
  "description": "A ${web} server.",
  "variables": {"version": "12", "region": "{{env 'REGION'}}", "name": "web-{{user 'version'}}-{{timestamp}}"},
  "builders": [
    {"type": "t", "text": "{{user 'name'}}", "map": {"Region": "{{user 'region'}}"}},
    {"type": "u", "name": "second one", "number": "4"}
  ],
  "provisioners": [
    {"type": "shell", "list": "a,b", "only": ["t"]},
    {"type": "shell", "text": "{{.Vars}} sh {{.Path}}", "max_retries": 3}
  ],
  "post-processors": ["manifest", ["compress", {"type": "checksum", "list": ["{{user 'name'}}"]}]]
}`, `packer {
  required_version = ">= 1.2.3"
}

source "t" "t" {
  text = local.name
  map = {
    Region = var.region
  }
}

source "u" "second_one" {
  number = "4"
}

build {
  description = "A $${web} server."
  sources     = ["source.t.t"]
  source "source.u.second_one" {
    name = "second one"
  }
  provisioner "shell" {
    only = ["t.t"]
    list = ["a", "b"]
  }
  provisioner "shell" {
    text        = "{{.Vars}} sh {{.Path}}"
    max_retries = 3
  }
  post-processor "manifest" {
  }
  post-processors {
    post-processor "compress" {
    }
    post-processor "checksum" {
      list = [local.name]
    }
  }
}

variable "version" {
  type    = string
  default = "12"
}

variable "region" {
  type    = string
  default = env("REGION")
}

variable "name" {
  type    = string
  default = null
}

local "name" {
  expression = var.name != null ? var.name : "web-${var.version}-${local.timestamp}"
}

locals {
  timestamp = rfc3339_parse(legacy_isotime()).unix
}

`},
		{"secrets", `{
  "variables": {"password": null, "url": "http://{{user 'password'}}@x/{{env 'WHO'}}/{{env 'WHO'}}"},
  "sensitive-variables": ["password", "url"],
  "builders": [{"type": "t", "text": "{{user 'url'}}"}]
}`, `source "t" "t" {
  text = local.url
}

build {
  sources = ["source.t.t"]
}

variable "password" {
  type      = string
  sensitive = true
}

variable "url" {
  type      = string
  default   = null
  sensitive = true
}

local "url" {
  expression = var.url != null ? var.url : "http://${var.password}@x/${var.env_WHO}/${var.env_WHO}"
  sensitive  = true
}

variable "env_WHO" {
  type    = string
  default = env("WHO")
}

`},
		{"names that collide", `{
  "builders": [{"type": "t", "name": "a b"}, {"type": "t", "name": "a.b"}, {"type": "t", "name": "a_b"}, {"type": "u", "name": "a_b c"}],
  "error-cleanup-provisioner": {"type": "p", "block": [{"text": "{{build 'ID'}}"}]}
}`, `source "t" "a_b" {
}

source "t" "a_b_" {
}

source "t" "a_b__" {
}

source "u" "a_b_c" {
}

build {
  source "source.t.a_b" {
    name = "a b"
  }
  source "source.t.a_b_" {
    name = "a.b"
  }
  source "source.t.a_b__" {
    name = "a_b"
  }
  source "source.u.a_b_c" {
    name = "a_b c"
  }
  error-cleanup-provisioner "p" {
    block {
      text = build.ID
    }
  }
}

`},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, diags := Upgrade("a.json", []byte(strings.ReplaceAll(c.in, "'", "`")), shapes, false)
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			if string(out) != c.want {
				t.Errorf("got:\n%s", out)
			}
		})
	}
}
