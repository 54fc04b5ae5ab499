package seed

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
)

// CloudInit is what a template tells cloud-init in the machine being baked.
type CloudInit struct {
	// The user-data: a #cloud-config, a script, or anything else cloud-init
	// takes. The login key of the build is added to it, nothing is taken away.
	UserData string `hcl:"user_data,optional"`
	// The meta-data, YAML. Default: an instance-id of this build and the
	// machine's name as local-hostname.
	MetaData string `hcl:"meta_data,optional"`
	// The network-config, YAML of version 1 or 2. Default: none, which makes
	// cloud-init use DHCP on the first network card.
	NetworkConfig string `hcl:"network_config,optional"`
}

// Inject is what lets a build log in to its machine, and know that it is the
// right one.
type Inject struct {
	User           string // who logs in; "" is the image's default user
	AuthorizedKey  string // one line, authorized_keys form
	HostKeyPrivate string // ed25519, OpenSSH PEM; "" leaves the host keys alone
	HostKeyPublic  string // one line
}

// Merge adds the login key and host key to user-data. The template's part is
// kept byte for byte as the first part of a MIME archive. Ours follow, since
// cloud-init (22.4 and later, as read there) merges each part by the rules
// written in that very part: one part replaces ssh_keys, ssh_deletekeys and
// disable_root; the other puts our keys and our user in front of the
// template's lists and changes nothing else.
func Merge(user string, o Inject) (string, error) {
	ours, lists := o.settings(), map[string]any{}
	if o.AuthorizedKey != "" {
		lists["ssh_authorized_keys"] = []string{strings.TrimSpace(o.AuthorizedKey)}
	}
	users, err := o.users(user)
	if err != nil {
		return "", err
	}
	if users != nil {
		lists["users"] = users
	}
	if strings.TrimSpace(user) == "" {
		for k, v := range lists {
			ours[k] = v
		}
		return cloudConfig(ours)
	}
	ours["merge_how"] = "dict(replace)+list()+str()"
	lists["merge_how"] = "dict(no_replace,recurse_list)+list(prepend)+str()"
	first, err := cloudConfig(ours)
	if err != nil {
		return "", err
	}
	second, err := cloudConfig(lists)
	if err != nil {
		return "", err
	}
	return archive(part(user), part(first), part(second)), nil
}

// settings is what must be so for us to get in, whatever the template says.
func (o Inject) settings() map[string]any {
	s := map[string]any{}
	if o.User == "root" {
		s["disable_root"] = false
	}
	if o.HostKeyPrivate != "" {
		s["ssh_deletekeys"] = true
		s["ssh_keys"] = map[string]string{
			"ed25519_private": strings.TrimRight(o.HostKeyPrivate, "\n") + "\n",
			"ed25519_public":  strings.TrimSpace(o.HostKeyPublic) + "\n",
		}
	}
	return s
}

// users is the users list that gives a named user our key, or nil: the default
// user and root get it from ssh_authorized_keys. cloud-init joins entries of
// one name with the first one winning, so ours repeats the keys that the
// template gives this user.
func (o Inject) users(user string) ([]any, error) {
	if o.User == "" || o.User == "root" || o.AuthorizedKey == "" {
		return nil, nil
	}
	theirs := attr(parse(user), "users")
	if theirs == cty.NilVal {
		return []any{"default", map[string]any{
			"name": o.User, "lock_passwd": false,
			"sudo":                "ALL=(ALL) NOPASSWD:ALL", // sealing needs root; for the image's default user its own rule wins
			"ssh_authorized_keys": []string{strings.TrimSpace(o.AuthorizedKey)},
		}}, nil
	}
	if !theirs.Type().IsTupleType() {
		return nil, fmt.Errorf("users in the user-data must be a list, so that %q can be given the build's key", o.User)
	}
	entry := map[string]any{"name": o.User, "lock_passwd": false}
	keys := []string{strings.TrimSpace(o.AuthorizedKey)}
	for _, u := range theirs.AsValueSlice() {
		if text(attr(u, "name")) == o.User {
			delete(entry, "lock_passwd") // the template decides
			keys = append(keys, texts(attr(u, "ssh_authorized_keys"))...)
			keys = append(keys, texts(attr(u, "ssh-authorized-keys"))...)
		}
	}
	entry["ssh_authorized_keys"] = keys
	return []any{entry}, nil
}

// parse reads a #cloud-config; what cannot be read is no concern of ours and
// gives a value without attributes.
func parse(user string) cty.Value {
	if !strings.HasPrefix(strings.TrimLeft(user, " \r\n\t"), "#cloud-config") {
		return cty.NilVal
	}
	t, err := yaml.Standard.ImpliedType([]byte(user))
	if err != nil {
		return cty.NilVal
	}
	v, err := yaml.Standard.Unmarshal([]byte(user), t)
	if err != nil {
		return cty.NilVal
	}
	return v
}

func attr(v cty.Value, name string) cty.Value {
	if v == cty.NilVal || v.IsNull() || !v.Type().IsObjectType() || !v.Type().HasAttribute(name) {
		return cty.NilVal
	}
	if a := v.GetAttr(name); !a.IsNull() {
		return a
	}
	return cty.NilVal
}

func text(v cty.Value) string {
	if v == cty.NilVal || v.IsNull() || v.Type() != cty.String {
		return ""
	}
	return v.AsString()
}

func texts(v cty.Value) []string {
	if s := text(v); s != "" {
		return []string{s}
	}
	if v == cty.NilVal || !v.Type().IsTupleType() {
		return nil
	}
	var all []string
	for _, e := range v.AsValueSlice() {
		if s := text(e); s != "" {
			all = append(all, s)
		}
	}
	return all
}

// cloudConfig writes settings as JSON, which is YAML too and needs no quoting
// rules of our own.
func cloudConfig(settings map[string]any) (string, error) {
	b, err := json.MarshalIndent(settings, "", " ")
	if err != nil {
		return "", fmt.Errorf("writing user-data: %w", err)
	}
	return "#cloud-config\n" + string(b) + "\n", nil
}

// part wraps one piece of user-data. Its type is text/plain: cloud-init then
// looks at the first line, as it does for user-data outside an archive. What
// is an archive already becomes a nested one. Python reads 8-bit parts wrongly
// and drops carriage returns, so such text travels as base64.
func part(s string) string {
	head, _, _ := strings.Cut(s, "\n")
	low := strings.ToLower(head)
	if strings.HasPrefix(low, "content-type:") || strings.HasPrefix(low, "mime-version:") {
		return s
	}
	const kind = "Content-Type: text/plain; charset=\"utf-8\"\nContent-Transfer-Encoding: "
	if plain(s) {
		return kind + "7bit\n\n" + s
	}
	return kind + "base64\n\n" + base64.StdEncoding.EncodeToString([]byte(s))
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 || s[i] == '\r' || s[i] == 0 {
			return false
		}
	}
	return true
}

// archive joins parts. The boundary is made of their digest, so equal input
// gives equal output and no part can contain it.
func archive(parts ...string) string {
	mark := fmt.Sprintf("ovenbird-%x", sha256.Sum256([]byte(strings.Join(parts, "\x00"))))[:48]
	var b strings.Builder
	fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=%q\nMIME-Version: 1.0\n\n", mark)
	for _, p := range parts {
		fmt.Fprintf(&b, "--%s\n%s\n", mark, p)
	}
	fmt.Fprintf(&b, "--%s--\n", mark)
	return b.String()
}
