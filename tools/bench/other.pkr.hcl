# Another template on the same base and the same kind of machine.
variable "base" { type = string }
variable "dir" { type = string }
variable "out" { type = string }

source "qemu" "other" {
  iso_url              = var.base
  iso_checksum         = "none"
  disk_image           = true
  skip_resize_disk     = true
  format               = "qcow2"
  accelerator          = "tcg"
  memory               = 1024
  cpus                 = 2
  headless             = true
  net_device           = "virtio-net"
  disk_interface       = "virtio"
  disk_cache           = "unsafe"
  ssh_username         = "root"
  ssh_private_key_file = "${var.dir}/id"
  ssh_timeout          = "5m"
  cd_files             = ["${var.dir}/seed/user-data", "${var.dir}/seed/meta-data"]
  cd_label             = "cidata"
  boot_wait            = "1s"
  shutdown_command     = "poweroff"
  output_directory     = var.out
}

build {
  sources = ["source.qemu.other"]

  provisioner "shell" { inline = ["echo step nginx", "echo other >/etc/last-step"] }
}
