# An AMI with nginx, baked every night, if there is anything new: see README.md beside this file.

variable "region" {
  type        = string
  default     = "eu-central-1"
  description = "Region to bake in."
}

variable "copies" {
  type        = list(string)
  default     = []
  description = "Regions to copy the AMI to."
}

# What there is to install is an input of the steps, so that new packages make a
# new AMI, and nothing else does.
data "http" "packages" {
  url = "https://deb.debian.org/debian/dists/bookworm-updates/InRelease"
}

data "http" "security" {
  url = "https://deb.debian.org/debian-security/dists/bookworm-security/InRelease"
}

locals {
  # The digests of the lists of packages; the rest of those files changes anyway.
  packages = [for file in [data.http.packages.body, data.http.security.body] : regex("([0-9a-f]{64}) +[0-9]+ main/binary-amd64/Packages\n", file)[0]]
}

source "amazon-ebs" "web" {
  region        = var.region
  ami_name      = "web-nightly-${formatdate("YYYYMMDD-hhmm", timestamp())}"
  ami_regions   = var.copies
  instance_type = "t3.small"
  ssh_username  = "admin"

  source_ami_filter {
    owners      = ["136693071363"] # Debian
    most_recent = true
    filters     = { name = "debian-12-amd64-*", virtualization-type = "hvm" }
  }

  tags = { Name = "web-nightly" }
}

build {
  sources = ["source.amazon-ebs.web"]

  cache { max_age = "720h" } # a month; what is new in the meantime is known from the inputs

  provisioner "shell" {
    environment_vars = ["DEBIAN_FRONTEND=noninteractive", "PACKAGES=${join(",", local.packages)}"]
    inline = [
      "apt-get -q update",
      "apt-get -q -y upgrade",
      "apt-get -q -y install --no-install-recommends nginx-light unattended-upgrades",
    ]
    become = true
  }

  post-processor "manifest" { output = "manifest.json" }
}
