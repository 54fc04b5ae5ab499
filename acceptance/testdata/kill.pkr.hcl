variable "base" { type = string }
variable "memory" { default = 768 }
variable "round" { default = 0 }

source "qemu" "t" {
  iso_url          = var.base
  iso_checksum     = "none"
  disk_image       = true
  memory           = var.memory
  output_directory = "out"
  vm_name          = "t.qcow2"
}

build {
  sources = ["source.qemu.t"]

  provisioner "shell" {
    inline = ["head -c 20000000 /dev/urandom >/srv/blob"]
  }
  provisioner "shell" {
    inline = ["echo ${var.round} >/srv/round"]
  }
  provisioner "shell" {
    inline = ["cat /srv/blob /srv/round >/srv/both", "sync"]
  }
}
