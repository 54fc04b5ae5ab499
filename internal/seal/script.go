package seal

// script is what root runs in the guest: $1 is a prefix for all paths
// (tests), $2 the bake's key, $3 the account to delete, $4 what to do, one part
// a line.
//
// Starting a program costs an emulated guest 50 ms, so there are few of them,
// and those that wait or read much run side by side: begin starts them, the
// parts only list what is to go, and act does it to all of it at once.
func script() string { return helpers + beginning + identity + traces + entry }

const helpers = `set -u
R=$1 key=$2 user=$3 steps=$4
umask 022
export LC_ALL=C
nl='
'
IFS=$nl
run=$R/run/ovenbird-seal # what notes begin with: in memory, not on the disk
wipe='' gone='' keyed='' dirs='' homes='' leases=''
has() { command -v "$1" >/dev/null 2>&1; }
on() { case $nl$steps$nl in *"$nl$1$nl"*) ;; *) return 1 ;; esac; }
live() { [ -z "$R" ]; }
note() { umask 077; : >"$run.$1"; umask 022; gone=$gone$run.$1$nl; }
# Lists: what is overwritten before it goes, what just goes, what is emptied.
wipes() { for x in "$@"; do [ -L "$x" ] || [ ! -f "$x" ] || wipe=$wipe$x$nl; done; }
goes() { for x in "$@"; do [ ! -f "$x" ] || gone=$gone$x$nl; done; }
empties() { for x in "$@"; do [ ! -d "$x" ] || dirs=$dirs$x$nl; done; }
`

const beginning = `
find_homes() {
	for h in "$R/root" "$R"/home/*; do [ ! -d "$h" ] || homes=$homes$h$nl; done
	[ ! -f "$R/etc/passwd" ] || while IFS=: read -r x x x x x h x; do
		case $nl$homes in *"$nl$R$h$nl"*) continue ;; esac
		case $h in /?*) [ ! -d "$R$h" ] || homes=$homes$R$h$nl ;; esac
	done <"$R/etc/passwd"
}
# People wrote text; what programs noted down may be anything.
find_key() {
	note people; note programs
	set -- "$R/etc"
	for h in $homes; do # of system accounts' homes, such as /usr/sbin, only .ssh
		case $h in "$R"/root|"$R"/home/*) ;; *) h=$h/.ssh ;; esac
		[ ! -d "$h" ] || set -- "$@" "$h"
	done
	grep -rlIF -- "$key" "$@" >"$run.people" 2>/dev/null &
	set --
	for d in /var/lib/cloud /run/cloud-init /var/log /var/tmp /tmp; do [ ! -d "$R$d" ] || set -- "$@" "$R$d"; done
	[ $# = 0 ] || grep -rlF -- "$key" "$@" >"$run.programs" 2>/dev/null &
}
stop_units() {
	set --
	# Stopping it saves a seed now; it would save one at shutdown otherwise.
	! on random_seed || set -- systemd-random-seed.service
	! on logs || set -- "$@" syslog.socket rsyslog.service
	[ $# = 0 ] || systemctl stop "$@" >/dev/null 2>&1 &
	! on logs || [ ! -d /var/log/journal ] || { journalctl --relinquish-var || journalctl --rotate --vacuum-time=1s; } >/dev/null 2>&1 &
}
stop_dhclient() { # it would write its lease again
	for p in /proc/[0-9]*; do
		! IFS= read -r name <"$p/comm" || [ "$name" != dhclient ] || kill -9 "${p#/proc/}"
	done 2>/dev/null
}
# ifdown would start dhclient anew as the guest stops, to release the lease,
# for a second or more; where it has nothing else to do there is no need of it.
has_down_commands() {
	for f in /etc/network/interfaces /etc/network/interfaces.d/*; do
		[ ! -f "$f" ] || while IFS=' 	' read -r word x; do
			case $word in
			down|pre-down|post-down) return 0 ;;
			source*) case $x in */interfaces.d*|interfaces.d*) ;; *) return 0 ;; esac ;;
			esac
		done <"$f"
	done
	return 1
}
begin() {
	find_homes
	! on ssh_keys || [ -z "$key" ] || find_key
	! live || ! has systemctl || stop_units
	! on host_keys || [ ! -f "$R/etc/cloud/cloud.cfg" ] || find_cloud_config
	! live || ! on dhcp || ! has dhclient || stop_dhclient
	wait
}
`

const identity = `
# The key's line leaves every file people wrote, authorized_keys above all; what
# programs noted down (user data, instance metadata, logs) goes altogether.
do_ssh_keys() {
	[ -n "$key" ] || return 0
	while IFS= read -r f; do keyed=$keyed$f$nl; done <"$run.people"
	while IFS= read -r f; do wipes "$f"; done <"$run.programs"
}
do_cloud_init() {
	c=$R/var/lib/cloud
	[ -d "$c" ] || return 0
	set -- "$R"/etc/cloud/clean.d/*
	[ ! -e "$1" ] || run-parts "$R/etc/cloud/clean.d" >/dev/null 2>&1 || :
	for d in "$c" "$c"/* "$c"/*/* "$c"/*/*/*; do
		[ -L "$d" ] || [ ! -d "$d" ] || wipes "$d"/*user-data* "$d"/vendor*data* "$d"/cloud-config.txt "$d"/*combined* "$d"/obj.pkl
	done
	for f in "$R"/run/cloud-init/*.json "$R"/var/log/cloud-init.log* "$R"/var/log/cloud-init-output.log*; do
		case $f in */result.json|*/status.json) ;; *) wipes "$f" ;; esac
	done
	empties "$c"
}
do_machine_id() {
	[ ! -f "$R/etc/machine-id" ] || : >"$R/etc/machine-id"
	[ -L "$R/var/lib/dbus/machine-id" ] || goes "$R/var/lib/dbus/machine-id"
}
do_random_seed() {
	for f in /var/lib/systemd/random-seed /var/lib/urandom/random-seed /var/lib/random-seed /var/lib/seedrng/seed.credit /var/lib/seedrng/seed.no-credit \
		/boot/loader/random-seed /boot/efi/loader/random-seed /efi/loader/random-seed /var/lib/systemd/credential.secret; do
		wipes "$R$f"
	done
}
# What says whether cloud-init makes host keys, each line after the file's name.
find_cloud_config() {
	note cloud
	grep -rE -e 'cloud-init=disabled' -e '^[[:space:]]*ssh_deletekeys:[[:space:]]*([Ff]alse|FALSE|[Nn]o|NO|0|[Oo]ff|OFF)' \
		-e '^[[:space:]]*-[[:space:]]*(\[[[:space:]]*)?"?ssh"?[],[:space:]]*$' \
		"$R/etc/default/grub" "$R"/etc/default/grub.d/*.cfg "$R/etc/cloud/cloud.cfg" "$R/etc/cloud/cloud.cfg.d" >"$run.cloud" 2>/dev/null &
}
# New host keys are made by cloud-init or by a unit of the distribution.
makes_host_keys() {
	for u in regenerate_ssh_host_keys.service sshd-keygen.target sshd-keygen@.service ssh-keygen.service sshdgenkeys.service; do
		for d in /etc/systemd/system /lib/systemd/system /usr/lib/systemd/system; do [ ! -e "$R$d/$u" ] || return 0; done
	done
	[ ! -e "$R/etc/alpine-release" ] || return 0
	[ -f "$R/etc/cloud/cloud.cfg" ] || return 1
	[ ! -e "$R/etc/cloud/cloud-init.disabled" ] || return 1
	module=1
	while IFS= read -r line; do
		case $line in
		*cloud-init=disabled*|*ssh_deletekeys:*) return 1 ;;
		"$R/etc/cloud/cloud.cfg:"*) module=0 ;;
		esac
	done <"$run.cloud"
	return $module
}
do_host_keys() {
	set -- "$R"/etc/ssh/ssh_host_*_key
	[ -e "$1" ] || return 0
	if makes_host_keys; then wipes "$@" "$R"/etc/ssh/ssh_host_*_key.pub
	else echo "SSH host keys stay: nothing in the image would make new ones"; fi
}
`

const traces = `
do_dhcp() {
	goes "$R"/var/lib/dhcp/*.lease* "$R"/var/lib/dhclient/*.lease* "$R"/var/lib/NetworkManager/*.lease \
		"$R"/var/lib/NetworkManager/internal-* "$R"/var/lib/NetworkManager/secret_key "$R"/var/lib/NetworkManager/timestamps \
		"$R"/var/lib/systemd/network/*lease* "$R"/run/systemd/netif/leases/* "$R"/var/lib/dhcpcd/*.lease* "$R"/var/lib/dhcpcd5/*.lease*
	live && [ -d /var/lib/dhcp ] || return 0
	if [ -s /run/network/ifstate ] && ! has_down_commands; then : >/run/network/ifstate; return 0; fi
	leases=/var/lib/dhcp # dhclient would write its lease anew, with the machine's DUID
}
do_package_cache() {
	empties "$R/var/cache/apt" "$R/var/lib/apt/lists" "$R/var/cache/dnf" "$R/var/cache/libdnf5" "$R/var/cache/yum" "$R/var/cache/zypp/packages" \
		"$R/var/cache/apk" "$R/var/cache/pacman/pkg"
}
do_logs() { empties "$R/var/log"; }
do_history() {
	for h in $homes; do
		for f in .bash_history .ash_history .sh_history .zsh_history .histfile .python_history .lesshst .viminfo .wget-hsts .mysql_history .psql_history .sudo_as_admin_successful; do
			wipes "$h/$f"
		done
	done
}
do_tmp() { empties "$R/tmp" "$R/var/tmp"; }
do_trim() {
	has fstrim || { echo "warn fstrim is not in the guest: unused blocks stay in the image"; return 0; }
	fstrim -av 2>&1 | while IFS= read -r line; do printf 'trimmed %s\n' "$line"; done
}
remove_user() {
	case $user in root) echo "warn root is not removed"; return 0 ;; esac
	userdel -r -f "$user" >/dev/null 2>&1 || deluser --remove-home "$user" >/dev/null 2>&1 || :
	! id -u "$user" >/dev/null 2>&1 || { echo "the account $user could not be removed" >&2; exit 1; }
	for f in "$R"/etc/sudoers.d/*; do [ ! -f "$f" ] || ! grep -qE "^$user[[:space:]]" "$f" || rm -f "$f"; done
}
`

// entry is read as a whole before any of it runs, since /tmp and the
// account may go while it does.
const entry = `
# Files with secrets are overwritten in place before they go, as freed blocks
# may live on, and brought to the disk like that.
overwrite() {
	if has shred && shred -n 0 -z -- "$@" 2>/dev/null; then return; fi
	for f in "$@"; do
		n=$(wc -c <"$f")
		[ "$n" -eq 0 ] || dd if=/dev/zero of="$f" bs=65536 count=$((n / 65536 + 1)) conv=notrunc 2>/dev/null || :
	done
	sync
}
# All goes, but for the package manager's locks, and logs: programs hold them
# open, so that only rotated ones go, and the others are emptied.
empty() {
	find "$@" -xdev -mindepth 1 \( ! -path "$R/var/log/*" ! -path "$R/var/cache/apt/*" ! -path "$R/var/lib/apt/lists/*" -delete \
		-o -path "$R/var/log/journal/*" -delete \
		-o ! -path "$R/var/log/*" -type f ! -name lock -delete \
		-o -path "$R/var/log/*" -type f \( -name '*.gz' -o -name '*.xz' -o -name '*.zst' -o -name '*.old' -o -name '*.[0-9]' \) -delete \
		-o -path "$R/var/log/*" -type f -size +0 -print \) 2>/dev/null
}
fail() { echo "$*" >&2; exit 1; }
act() {
	set -f # only lists from here on
	n=0
	for f in $keyed; do
		n=$((n + 1))
		note "rest$n"
		grep -vF -- "$key" "$f" >"$run.rest$n" || [ $? -eq 1 ] || fail "there is no room in $R/run to take the bake's key out of $f"
	done
	[ -z "$wipe$keyed" ] || overwrite $wipe $keyed
	n=0
	for f in $keyed; do
		n=$((n + 1))
		if [ -s "$run.rest$n" ]; then cat "$run.rest$n" >"$f"; else gone=$gone$f$nl; fi
	done
	[ -z "$wipe$gone" ] || rm -f -- $wipe $gone
	left=
	[ -z "$keyed" ] || left=$(grep -lF -- "$key" $keyed 2>/dev/null) || :
	[ -z "$left" ] || fail "the bake's key cannot be removed from $left"
	[ -z "$leases" ] || mount -t tmpfs -o size=1m,mode=755 leases "$leases" 2>/dev/null &
	[ -z "$dirs" ] || for f in $(empty $dirs); do { true >"$f"; } 2>/dev/null || :; done
	wait
	set +f
}
main() {
	cd /
	[ -d "$R/run" ] || mkdir -p "$R/run"
	begin
	for s in $steps; do [ "$s" = trim ] || "do_$s"; done
	act
	[ -z "$user" ] || remove_user
	sync
	! on trim || do_trim
	exit 0
}
main
`
