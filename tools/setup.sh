#!/usr/bin/env bash
# Installs the system packages that baking needs, where they are missing.
set -euo pipefail

packages=(
	qemu-system-x86 # runs the machines
	qemu-utils      # qemu-img
	mmdebstrap      # base disks from packages
	uidmap          # mmdebstrap without root
	ansible-core    # the ansible provisioner
	openssh-client  # Ansible's way into the guest
	bzip2 lz4 unzip xz-utils zstd # read what the compress post-processor wrote, in tests
	awscli          # asks the sandbox EC2, in tests
	ca-certificates # downloads over https
	git             # the version in `ovenbird version`
)

if ! command -v apt-get >/dev/null; then
	if command -v dnf >/dev/null; then
		echo "setup: this script installs Debian and Ubuntu packages only; here, run:" >&2
		echo "  sudo dnf install qemu-system-x86-core qemu-img mmdebstrap shadow-utils util-linux ansible-core openssh-clients git" >&2
	else
		echo "setup: no apt-get here; install the equivalents of: ${packages[*]}" >&2
	fi
	exit 1
fi

missing=()
for p in "${packages[@]}"; do
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null || true)" = installed ] || missing+=("$p")
done
if [ ${#missing[@]} -eq 0 ]; then
	echo "setup: all ${#packages[@]} system packages are there; nothing to do"
	exit 0
fi

echo "setup: installing ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || { echo "setup: this needs root and there is no sudo; as root, run: apt-get install --no-install-recommends ${missing[*]}" >&2; exit 1; }
	echo "setup: that needs root, so sudo may ask for your password"
	as_root=(sudo)
fi
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3)
"${apt[@]}" update
"${apt[@]}" install --no-install-recommends "${missing[@]}"
