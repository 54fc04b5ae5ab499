// Package deadman has an instance end itself when nobody is there to end it.
package deadman

import (
	"context"
	"fmt"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// The timer is systemd's, where there is systemd, and nothing of it is on the
// disk; so it ends when the instance reboots. A guest that stands for another
// one in a test is left alone.
const script = `seconds=$1
if [ -n "${OVENBIRD_ROOT:-}" ]; then mkdir -p "$OVENBIRD_ROOT/run" && echo "$seconds" >"$OVENBIRD_ROOT/run/ovenbird-dead-man"; exit; fi
if systemd-run --unit=ovenbird-dead-man --on-active="$seconds" systemctl poweroff >/dev/null 2>&1; then exit; fi
command -v nohup >/dev/null 2>&1 || exit 1
nohup sh -c 'sleep "$1"; poweroff' sh "$seconds" >/dev/null 2>&1 </dev/null &`

// Arm starts the timer that shuts the guest down at the time given, a minute
// from now at least. That it cannot is only worth a warning.
func Arm(ctx context.Context, g guest.Guest, b guest.Become, at time.Time, out *ui.UI) {
	seconds := max(int(time.Until(at).Seconds()), 60)
	if err := guest.RunQuietly(ctx, g, b.Command(guest.Command{Line: guest.Script(script, fmt.Sprint(seconds))})); err != nil && ctx.Err() == nil {
		out.Warn("the instance will not end by itself if nobody ends it (%s); ovenbird gc does, from %s on", err.Error(), at.Format(time.RFC3339))
	}
}
