# The disk that the tests' templates start from.
source "debootstrap" "base" {
  suite            = "bookworm"
  disk_size        = "3G"
  output_directory = "base"
}

build {
  sources = ["source.debootstrap.base"]
}
