variable "base" { type = string }

source "qemu" "t" {
  iso_url          = var.base
  iso_checksum     = "none"
  disk_image       = true
  memory           = 768
  output_directory = "out"
  vm_name          = "t.qcow2"
}

build {
  sources = ["source.qemu.t"]

  provisioner "shell" {
    inline = ["head -c 20000000 /dev/urandom >/var/tmp/blob", "sync"]
  }
}
