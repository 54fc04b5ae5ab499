package guest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/lines"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// readyLimit bounds the wait for cloud-init, and then that for package locks.
const readyLimit = 10 * time.Minute

// The guest waits for itself, so that there is one round trip, and it starts
// no program as long as there is nothing to wait for: each costs an emulated
// guest 50 ms. cloud-init writes result.json at the end of its last stage;
// asking `cloud-init status` would start Python for seconds. The locks of dpkg
// and rpm are POSIX locks, which /proc/locks shows to everybody. Lines on
// standard output are for the user: "wait ..." or "warn ...".
const readyScript = `limit=$1 root=${OVENBIRD_ROOT:-}
nap() { sleep 0.2 2>/dev/null || sleep 1; }
look() { read -r up _ </proc/uptime; up=${up%.*}; }
run=$root/run/cloud-init
if [ -e "$run/enabled" ] && [ ! -e "$run/result.json" ]; then
	echo "wait for cloud-init"
	look; end=$((up + limit)) naps=0
	while [ ! -e "$run/result.json" ]; do
		naps=$((naps + 1))
		if [ "$((naps % 25))" -eq 0 ]; then
			look
			if [ "$up" -ge "$end" ]; then echo "warn cloud-init did not end within $limit s; going on"; break; fi
			for unit in cloud-init-local cloud-init cloud-init-network cloud-config cloud-final; do
				if systemctl is-failed --quiet "$unit.service" 2>/dev/null && ! systemctl is-active --quiet cloud-final.service; then
					case $(systemctl show -p Job cloud-final.service 2>/dev/null) in Job=?*) ;; *)
						echo "warn cloud-init ended early: $unit.service failed"; break 2 ;;
					esac
				fi
			done
		fi
		nap
	done
fi
result=
[ ! -s "$run/result.json" ] || while IFS= read -r line; do result=$result$line; done <"$run/result.json"
case $result in ''|*'"errors": []'*) ;; *)
	errors=$(tr -d '\n' <"$run/result.json" | sed -n 's/.*"errors": *\[ *\([^]]*[^] ]\) *\].*/\1/p')
	[ -z "$errors" ] || echo "warn cloud-init is done, with errors: $errors" ;;
esac
set --
for f in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock /var/cache/apt/archives/lock /var/lib/rpm/.rpm.lock /usr/lib/sysimage/rpm/.rpm.lock; do
	[ ! -e "$root$f" ] || set -- "$@" "$root$f"
done
locked() { # sets f
	f='' held='' i=''
	while read -r _ kind _ _ _ inode _; do # 1: POSIX ADVISORY WRITE 816 fe:02:1234 0 EOF
		[ "$kind" != POSIX ] || held="$held ${inode##*:} "
	done </proc/locks
	[ $# -gt 0 ] && [ -n "$held" ] || return 0
	for word in $(ls -id "$@"); do # 1234 /var/lib/dpkg/lock
		case $word in /*) case $held in *" $i "*) f=${word#"$root"}; return ;; esac ;; *) i=$word ;; esac
	done
}
locked "$@"
[ -n "$f" ] || exit 0
echo "wait for $f, another program is installing packages"
look; end=$((up + limit))
while [ -n "$f" ]; do
	look
	if [ "$up" -ge "$end" ]; then echo "warn $f is still locked after $limit s; going on"; break; fi
	nap
	locked "$@"
done`

// readyAttempts is how often a guest may go away while it sets itself up.
const readyAttempts = 5

// Ready waits until the guest has set itself up: cloud-init is done, if there
// is one, and nobody holds the locks of the package manager. Each wait ends
// after ten minutes with a warning, as do errors of cloud-init. It is a single
// round trip. A guest whose commands are no POSIX shell's is taken as ready.
func Ready(ctx context.Context, g Guest, out *ui.UI) error {
	said := readiness(out)
	line := Script(readyScript, readySeconds())
	for attempt := 1; ; attempt++ {
		err := RunQuietly(ctx, g, Command{Line: line, Stdout: said})
		var failed *ExitError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &failed):
			out.Warn("the guest cannot tell whether it is ready (%s); going on", err.Error())
			return nil
		case !IsLost(err) || attempt == readyAttempts:
			return fmt.Errorf("waiting for the guest to be ready: %w", err)
		}
		// First boots reboot and restart sshd; the next command connects anew.
	}
}

func readySeconds() string { return fmt.Sprint(int(readyLimit.Seconds())) }

// readiness tells the user what the script says.
func readiness(out *ui.UI) *lines.Writer {
	return &lines.Writer{Emit: func(line string) {
		what, text, _ := strings.Cut(line, " ")
		switch what {
		case "wait":
			out.Detail("Waiting %s", text)
		case "warn":
			out.Warn("%s", text)
		}
	}}
}

// settleScript ends when the guest is not on its way down. systemd says so
// itself, and logind while something delays the shutdown it was asked for.
// When the guest does go down it takes the script with it.
const settleScript = `going() {
	[ "$(systemctl is-system-running 2>/dev/null)" = stopping ] ||
	case $(busctl get-property org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager PreparingForShutdown 2>/dev/null) in
	*true) true ;; *) false ;; esac
}
while going; do sleep 1; done`

// Settling is the command that ends when the guest is not on its way down.
func Settling() Command { return Command{Line: Script(settleScript)} }

// Settle waits for a guest that was told to reboot to go down; the next command
// then waits for it to come back. It returns at once when the guest stays.
func Settle(ctx context.Context, g Guest) error {
	if err := RunQuietly(ctx, g, Settling()); err != nil && !IsLost(err) {
		return fmt.Errorf("waiting for the guest to go down: %w", err)
	}
	return nil
}
