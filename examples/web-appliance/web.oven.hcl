# A web server that looks after itself: see README.md beside this file.

variable "version" {
  type        = string
  default     = "1.0.0"
  description = "IMAGE_VERSION of the result, in its /etc/os-release."
}

variable "output" {
  type        = string
  default     = "output-web-appliance"
  description = "Folder of the result; the base disk goes to the same name with -base."
}

source "debootstrap" "bookworm" {
  suite            = "bookworm"
  disk_size        = "4G"
  output_directory = "${var.output}-base"
}

source "qemu" "web" {
  from             = "source.debootstrap.bookworm"
  memory           = 1024
  cpus             = 2
  ssh_username     = "root"
  vm_name          = "web-appliance.qcow2"
  output_directory = var.output
}

build {
  sources = ["source.qemu.web"]

  provisioner "shell" {
    environment_vars = ["DEBIAN_FRONTEND=noninteractive"]
    inline = [
      "apt-get -q update",
      "apt-get -q -y install --no-install-recommends nginx-light unattended-upgrades curl",
    ]
  }

  provisioner "file" {
    source      = "${path.root}/files/"
    destination = "/root/appliance"
  }

  provisioner "shell" {
    environment_vars = ["IMAGE_VERSION=${var.version}"]
    script           = "${path.root}/install.sh"
  }

  post-processors {
    post-processor "checksum" {
      checksum_types = ["sha256"]
      output         = "${var.output}/SHA256SUMS"
    }
    post-processor "manifest" {
      output = "${var.output}/manifest.json"
    }
  }
}
