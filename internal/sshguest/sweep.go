package sshguest

import (
	"context"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/guest"
)

// sweepScript kills the commands of all other sessions of this connection.
// OpenSSH passes no signals to commands of root ("session signalling requires
// privilege separation"), and an unprivileged one cannot reach what sudo runs.
const sweepScript = `stat() { read -r line <"/proc/$1/stat" 2>/dev/null || return 1; set -- ${line##*) }; ppid=$2 sid=$4; }
stat $$ || exit 0
me=$sid
stat "$me" && sshd=$ppid || exit 0
case $(cat "/proc/$sshd/comm") in sshd*) ;; *) exit 0 ;; esac
for d in /proc/[0-9]*; do
	p=${d#/proc/}
	if stat "$p" && [ "$ppid" = "$sshd" ] && [ "$p" != "$me" ] && [ "$sid" = "$p" ]; then
		kill -s KILL -- "-$p" 2>/dev/null
		[ "$(id -u)" = 0 ] || sudo -n kill -s KILL -- "-$p" 2>/dev/null
	fi
done
exit 0`

// sweep makes sure that a cancelled command is gone, as far as a live
// connection allows within killLimit. It takes other commands of the same
// client with it: cancelling is for a whole build or its only step.
func (c *Client) sweep(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), killLimit+time.Second)
	defer cancel()
	ch, reqs, err := openSession(ctx, c.current())
	if err != nil {
		return // nothing to sweep in a guest that is gone
	}
	// Its failure changes nothing: the build ends with its own error.
	_ = runOn(ctx, ch, reqs, guest.Command{Line: guest.Script(sweepScript)}, false)
}
