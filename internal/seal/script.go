package seal

// script is what root runs in the guest: $1 is a prefix for all paths
// (tests), $2 the bake's key, $3 the account to delete, $4 what to do.
func script() string { return helpers + identity + traces + entry }

const helpers = `set -u
R=$1 key=$2 user=$3 steps=$4
umask 022
has() { command -v "$1" >/dev/null 2>&1; }
# Files with secrets are overwritten in place before they go, as freed blocks
# may live on; the sync between makes the disk see it.
blank() {
	n=$(wc -c <"$1")
	[ "$n" -eq 0 ] || dd if=/dev/zero of="$1" bs=65536 count=$((n / 65536 + 1)) conv=notrunc 2>/dev/null || :
}
wipe_list() {
	list=$(while IFS= read -r f; do [ -L "$f" ] || [ ! -f "$f" ] || printf '%s\n' "$f"; done)
	[ -n "$list" ] || return 0
	( # one program for all files and their syncs: each start costs an emulated guest a lot
		IFS='
'
		set -f
		if has shred && shred -n 0 -z -- $list 2>/dev/null; then :; else
			for f in $list; do blank "$f"; done
			sync
		fi
		rm -f -- $list
	)
}
wipe() { for f in "$@"; do [ ! -f "$f" ] || printf '%s\n' "$f"; done | wipe_list; }
empty() { for d in "$@"; do [ ! -d "$d" ] || find "$d" -xdev -mindepth 1 -delete 2>/dev/null || :; done; }
`

const identity = `
homes() {
	{ cut -d: -f6 "$R/etc/passwd" 2>/dev/null; echo /root; for h in "$R"/home/*; do echo "${h#"$R"}"; done; } | sort -u |
		while IFS= read -r h; do case $h in /?*) [ ! -d "$R$h" ] || printf '%s\n' "$R$h" ;; esac; done
}
# The key's line leaves every file people wrote, authorized_keys above all; what
# programs noted down (user data, instance metadata, logs) goes altogether.
do_ssh_keys() {
	[ -n "$key" ] || return 0
	{
		homes | while IFS= read -r h; do # of system accounts' homes, such as /usr/sbin, only .ssh
			case $h in "$R"/root|"$R"/home/*) echo "$h" ;; *) [ ! -d "$h/.ssh" ] || echo "$h/.ssh" ;; esac
		done
		echo "$R/etc"
	} | while IFS= read -r d; do grep -rlIF -- "$key" "$d" 2>/dev/null; done | sort -u >"$run/with-key"
	while IFS= read -r f; do
		grep -vF -- "$key" "$f" >"$run/rest" || :
		blank "$f"
		sync
		if [ -s "$run/rest" ]; then cat "$run/rest" >"$f"; else rm -f "$f"; fi
	done <"$run/with-key"
	for d in /var/lib/cloud /run/cloud-init /var/log /var/tmp /tmp; do
		[ ! -d "$R$d" ] || grep -rlF -- "$key" "$R$d" 2>/dev/null
	done | wipe_list
}
do_cloud_init() {
	[ -d "$R/var/lib/cloud" ] || return 0
	[ ! -d "$R/etc/cloud/clean.d" ] || run-parts "$R/etc/cloud/clean.d" >/dev/null 2>&1 || :
	{
		find "$R/var/lib/cloud" -xdev -type f \( -name '*user-data*' -o -name 'vendor*data*' -o -name 'cloud-config.txt' -o -name '*combined*' -o -name 'obj.pkl' \)
		for f in "$R"/run/cloud-init/*.json "$R"/var/log/cloud-init.log* "$R"/var/log/cloud-init-output.log*; do
			case $f in */result.json|*/status.json) ;; *) [ ! -f "$f" ] || echo "$f" ;; esac
		done
	} | wipe_list
	empty "$R/var/lib/cloud"
}
do_machine_id() {
	[ ! -f "$R/etc/machine-id" ] || : >"$R/etc/machine-id"
	[ -L "$R/var/lib/dbus/machine-id" ] || rm -f "$R/var/lib/dbus/machine-id"
}
# Stopping the unit saves a seed now; it would save one at shutdown otherwise.
do_random_seed() {
	[ -n "$R" ] || ! has systemctl || systemctl stop systemd-random-seed.service 2>/dev/null || :
	for f in /var/lib/systemd/random-seed /var/lib/urandom/random-seed /var/lib/random-seed /var/lib/seedrng/seed.credit /var/lib/seedrng/seed.no-credit \
		/boot/loader/random-seed /boot/efi/loader/random-seed /efi/loader/random-seed /var/lib/systemd/credential.secret; do
		echo "$R$f"
	done | wipe_list
}
# New host keys are made by cloud-init or by a unit of the distribution.
makes_host_keys() {
	for u in regenerate_ssh_host_keys.service sshd-keygen.target sshd-keygen@.service ssh-keygen.service sshdgenkeys.service; do
		for d in /etc/systemd/system /lib/systemd/system /usr/lib/systemd/system; do [ ! -e "$R$d/$u" ] || return 0; done
	done
	[ ! -e "$R/etc/alpine-release" ] || return 0
	[ -f "$R/etc/cloud/cloud.cfg" ] || return 1
	[ ! -e "$R/etc/cloud/cloud-init.disabled" ] || return 1
	! grep -q 'cloud-init=disabled' "$R/etc/default/grub" "$R"/etc/default/grub.d/*.cfg 2>/dev/null || return 1
	! grep -rqiE '^[[:space:]]*ssh_deletekeys:[[:space:]]*(false|no|0|off)' "$R/etc/cloud/cloud.cfg" "$R/etc/cloud/cloud.cfg.d" 2>/dev/null || return 1
	grep -qE '^[[:space:]]*-[[:space:]]*(\[[[:space:]]*)?"?ssh"?[],[:space:]]*$' "$R/etc/cloud/cloud.cfg"
}
do_host_keys() {
	set -- "$R"/etc/ssh/ssh_host_*_key
	[ -e "$1" ] || return 0
	if makes_host_keys; then wipe "$R"/etc/ssh/ssh_host_*_key "$R"/etc/ssh/ssh_host_*_key.pub
	else echo "SSH host keys stay: nothing in the image would make new ones"; fi
}
`

const traces = `
do_dhcp() {
	[ -n "$R" ] || ! has pkill || pkill -9 -x dhclient 2>/dev/null || : # it would write its lease again
	rm -f "$R"/var/lib/dhcp/*.lease* "$R"/var/lib/dhclient/*.lease* "$R"/var/lib/NetworkManager/*.lease \
		"$R"/var/lib/NetworkManager/internal-* "$R"/var/lib/NetworkManager/secret_key "$R"/var/lib/NetworkManager/timestamps \
		"$R"/var/lib/systemd/network/*lease* "$R"/run/systemd/netif/leases/* "$R"/var/lib/dhcpcd/*.lease* "$R"/var/lib/dhcpcd5/*.lease* 2>/dev/null || :
	# ifdown lets dhclient release its lease as the guest stops, which writes the file anew, with the machine's DUID.
	[ -n "$R" ] || [ ! -d /var/lib/dhcp ] || mount -t tmpfs -o size=1m,mode=755 leases /var/lib/dhcp 2>/dev/null || :
}
do_package_cache() {
	rm -f "$R"/var/cache/apt/*.bin "$R"/var/cache/apt/archives/*.deb "$R"/var/cache/apt/archives/partial/* 2>/dev/null || :
	[ ! -d "$R/var/lib/apt/lists" ] || find "$R/var/lib/apt/lists" -xdev -type f ! -name lock -delete
	empty "$R/var/cache/dnf" "$R/var/cache/libdnf5" "$R/var/cache/yum" "$R/var/cache/zypp/packages" "$R/var/cache/apk" "$R/var/cache/pacman/pkg"
}
# Programs hold their logs open: those are emptied, only rotated ones go.
do_logs() {
	if [ -z "$R" ] && has systemctl; then
		systemctl stop syslog.socket rsyslog.service 2>/dev/null || :
		journalctl --relinquish-var >/dev/null 2>&1 || journalctl --rotate --vacuum-time=1s >/dev/null 2>&1 || :
	fi
	[ ! -d "$R/var/log" ] || {
		rm -rf "$R"/var/log/journal/*
		find "$R/var/log" -xdev -type f \( -name '*.gz' -o -name '*.xz' -o -name '*.zst' -o -name '*.old' -o -name '*.[0-9]' \) -delete
		find "$R/var/log" -xdev -type f -size +0 | while IFS= read -r f; do : >"$f"; done
	}
}
do_history() {
	homes | while IFS= read -r h; do
		for f in .bash_history .ash_history .sh_history .zsh_history .histfile .python_history .lesshst .viminfo .wget-hsts .mysql_history .psql_history .sudo_as_admin_successful; do
			[ ! -f "$h/$f" ] || echo "$h/$f"
		done
	done | wipe_list
}
do_tmp() { empty "$R/tmp" "$R/var/tmp"; }
do_trim() {
	has fstrim || { echo "warn fstrim is not in the guest: unused blocks stay in the image"; return 0; }
	fstrim -av 2>&1 | sed 's/^/trimmed /' || :
}
remove_user() {
	[ -n "$user" ] || return 0
	case $user in root) echo "warn root is not removed"; return 0 ;; esac
	userdel -r -f "$user" >/dev/null 2>&1 || deluser --remove-home "$user" >/dev/null 2>&1 || :
	! id -u "$user" >/dev/null 2>&1 || { echo "the account $user could not be removed" >&2; exit 1; }
	for f in "$R"/etc/sudoers.d/*; do [ ! -f "$f" ] || ! grep -qE "^$user[[:space:]]" "$f" || rm -f "$f"; done
}
`

// entry is read as a whole before any of it runs, since /tmp and the
// account may go while it does.
const entry = `
main() {
	cd /
	mkdir -p "$R/run"
	run=$(mktemp -d "$R/run/ovenbird.XXXXXX") || exit 1 # memory, not the disk
	trap 'rm -rf "$run"' EXIT
	for s in $steps; do [ "$s" = trim ] || "do_$s"; done
	remove_user
	sync
	case " $steps " in *" trim "*) do_trim; sync ;; esac
	exit 0
}
main
`
