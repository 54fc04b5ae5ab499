package guest

import (
	"io"
	"strings"
)

// Become runs commands as another user through sudo; the zero value changes
// nothing. Nothing is wrapped in sudo when the guest's user is already the one
// wanted, which the guest itself decides, without a round trip.
type Become struct {
	User     string // the user to become, "" to stay who we are
	Password string // for sudo, where it asks for one
	Self     string // who we are, if that is known: it need not be asked then
}

// ParseBecome reads the option become: a user name, "true" for root, "false"
// or "" for nobody.
func ParseBecome(s, password string) Become {
	switch s {
	case "", "false":
		return Become{}
	case "true":
		s = "root"
	}
	return Become{User: s, Password: password}
}

const becomeScript = `u=$1 l=$2
if [ "$(id -un 2>/dev/null)" = "$u" ] || { [ "$u" = root ] && [ "$(id -u)" = 0 ]; }; then
	[ -z "$3" ] || IFS= read -r _
	exec sh -c "$l"
fi
if ! command -v sudo >/dev/null 2>&1; then
	if [ "$(id -u)" = 0 ]; then [ -z "$3" ] || IFS= read -r _; exec runuser -u "$u" -- sh -c "$l"; fi
	echo "become: sudo is not installed in the guest" >&2; exit 127
fi
if [ -z "$3" ]; then exec sudo -n -E -H -u "$u" -- sh -c "$l"; fi
if sudo -n -u "$u" true 2>/dev/null; then IFS= read -r _; exec sudo -n -E -H -u "$u" -- sh -c "$l"; fi
exec sudo -S -p '' -E -H -u "$u" -- sh -c "$l"`

// Command makes c run as the user to become. With a password its first line of
// standard input is taken up by sudo.
func (b Become) Command(c Command) Command {
	if b.User == "" || b.User == b.Self {
		return c
	}
	pass := ""
	if b.Password != "" {
		pass = "password"
		first := strings.NewReader(b.Password + "\n")
		if c.Stdin == nil {
			c.Stdin = first
		} else {
			c.Stdin = io.MultiReader(first, c.Stdin)
		}
	}
	c.Line = Script(becomeScript, b.User, c.Line, pass)
	return c
}
