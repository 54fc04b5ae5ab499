# The last step inside mmdebstrap, run as its customize hook: turns the tree $1
# into a system that boots, and puts it on the disk. In $OVENBIRD_WORK it finds
# disk.raw and leaves packages.txt and GRUB's boot.img and core.img. Programs
# with a say in the result are the tree's own, so that a file system never has
# features that its own kernel does not know.
set -eu
root=$1
phase() { echo "I: $*" >&2; }
in_tree() { chroot "$root" env LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }

phase "writing the configuration"
echo "UUID=$OVENBIRD_UUID / ext4 discard,errors=remount-ro 0 1" >"$root/etc/fstab"
echo "$OVENBIRD_HOSTNAME" >"$root/etc/hostname"
cat >"$root/etc/hosts" <<EOF
127.0.0.1 localhost
127.0.1.1 $OVENBIRD_HOSTNAME
::1 localhost ip6-localhost ip6-loopback
ff02::1 ip6-allnodes
ff02::2 ip6-allrouters
EOF
mkdir -p "$root/etc/default/grub.d"
cat >"$root/etc/default/grub.d/50-serial-console.cfg" <<'EOF'
# The serial console comes last: it is /dev/console, what clouds show.
GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200"
GRUB_CMDLINE_LINUX_DEFAULT=""
GRUB_TERMINAL=console
GRUB_TIMEOUT=0
GRUB_DISABLE_OS_PROBER=true
EOF
cat >"$root/etc/cloud/ds-identify.cfg" <<'EOF'
# Without any data source cloud-init still runs: it asks DHCP for an address
# and makes the SSH host keys, which this image does not have.
policy: search,found=all,maybe=none,notfound=enabled
EOF
cat >"$root/etc/cloud/cloud.cfg.d/90_defaults.cfg" <<'EOF'
datasource_list: [NoCloud, ConfigDrive, Ec2, None]
# Its own default needs a locale generated, and stops at the failure.
locale: C.UTF-8
# RSA and DSA keys take seconds to make without KVM, and no client needs them.
ssh_genkeytypes: [ed25519, ecdsa]
ssh:
  emit_keys_to_console: false
EOF
echo LANG=C.UTF-8 >"$root/etc/default/locale"

# update-grub asks grub-probe about the device that / is on. Here that is the
# host's, so a stand-in answers for the disk this will be; in the machine itself
# the real one gives the same answers.
phase "configuring GRUB"
modules=$root/boot/grub/i386-pc
mkdir -p "$modules" "$root/run/ovenbird" "$root/dev/disk/by-uuid"
cp "$root"/usr/lib/grub/i386-pc/*.mod "$root"/usr/lib/grub/i386-pc/*.lst "$modules"
: >"$root/dev/disk/by-uuid/$OVENBIRD_UUID"
cat >"$root/run/ovenbird/grub-probe" <<EOF
#!/bin/sh
for arg; do
	case \$arg in
	--target=device) echo /dev/disk/by-uuid/$OVENBIRD_UUID ;;
	--target=fs_uuid) echo $OVENBIRD_UUID ;;
	--target=fs) echo ext2 ;;
	--target=partmap) echo gpt ;;
	--target=compatibility_hint) echo hd0,gpt2 ;;
	--target=hints_string) echo --hint-bios=hd0,gpt2 ;;
	esac
done
EOF
chmod 755 "$root/run/ovenbird/grub-probe"
cat >"$root/run/ovenbird/early.cfg" <<EOF
search.fs_uuid $OVENBIRD_UUID root hd0,gpt2
set prefix=(\$root)'/boot/grub'
EOF
mount --bind "$root/run/ovenbird/grub-probe" "$root/usr/sbin/grub-probe"
in_tree update-grub >&2
umount "$root/usr/sbin/grub-probe"
in_tree grub-editenv /boot/grub/grubenv create
in_tree grub-mkimage -O i386-pc -p /boot/grub -c /run/ovenbird/early.cfg -o /run/ovenbird/core.img \
	biosdisk part_gpt ext2 search_fs_uuid
cp "$root/usr/lib/grub/i386-pc/boot.img" "$root/run/ovenbird/core.img" "$OVENBIRD_WORK"
in_tree dpkg-query -W -f '${Package} ${Version} ${Architecture}\n' | LC_ALL=C sort >"$OVENBIRD_WORK/packages.txt"

phase "cleaning up"
# What mmdebstrap put there for the installation, and what must be each machine's own.
rm -f "$root/usr/sbin/policy-rc.d" "$root/etc/apt/apt.conf.d/00mmdebstrap" "$root/etc/apt/apt.conf.d/99mmdebstrap" \
	"$root/etc/apt/preferences.d/ovenbird" \
	"$root"/etc/ssh/ssh_host_* "$root/var/lib/systemd/random-seed" "$root/var/lib/dbus/machine-id" \
	"$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb "$root/etc/resolv.conf" \
	"$root/var/cache/ldconfig/aux-cache" "$root"/var/cache/debconf/*-old "$root"/var/lib/dpkg/*-old
if [ -e "$root/sbin/start-stop-daemon.REAL" ]; then
	mv "$root/sbin/start-stop-daemon.REAL" "$root/sbin/start-stop-daemon"
fi
find "$root/var/lib/apt/lists" "$root/var/log" -type f -delete
: >"$root/etc/machine-id"

# A second view of the tree, without what is mounted in it; its own /mnt is
# empty there, as it must be.
phase "writing the file system"
mount --bind "$root" "$root/mnt"
for dir in dev run tmp; do mount -t tmpfs -o "mode=$(stat -c %a "$root/$dir")" tmpfs "$root/mnt/$dir"; done
in_tree mke2fs -q -F -t ext4 -L root -U "$OVENBIRD_UUID" -m 1 -d /mnt \
	-E "offset=$OVENBIRD_OFFSET,nodiscard,lazy_itable_init=1,assume_storage_prezeroed=1" /proc/self/fd/3 "$OVENBIRD_KIB"k 3<>"$OVENBIRD_WORK/disk.raw" >&2
for dir in dev run tmp; do umount "$root/mnt/$dir"; done
umount "$root/mnt"
