# One bake for both tools; nothing here that only one of them knows.
variable "base" { type = string }
variable "dir" { type = string }
variable "out" { type = string }
variable "last" { default = "one" }

source "qemu" "bench" {
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
  sources = ["source.qemu.bench"]

  provisioner "shell" {
    inline = ["echo step nginx", "apt-get update -q >/dev/null", "DEBIAN_FRONTEND=noninteractive apt-get install -y -q nginx-light >/dev/null", "systemctl enable nginx"]
  }
  provisioner "shell" { inline = ["echo step file"] }
  provisioner "file" {
    source      = "${var.dir}/blob"
    destination = "/root/blob"
  }
  provisioner "shell" { inline = ["echo step tree"] }
  provisioner "file" {
    source      = "${var.dir}/tree"
    destination = "/root"
  }
  provisioner "shell" { inline = ["echo step scripts", "sha256sum /root/blob", "ls /root/tree | wc -l"] }
  provisioner "shell" { inline = ["echo ${var.last} >/etc/last-step", "echo step end"] }

  post-processor "checksum" {
    checksum_types = ["sha256"]
    output         = "${var.out}/sum"
  }
}
