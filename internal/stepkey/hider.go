package stepkey

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/redact"
)

// shortest is the length in bytes below which a secret is hidden only where it
// is all of a value: hiding every "a" would hide the rest, not the secret.
const shortest = 3

// Hider puts "<secret XXXX>" in place of secrets, where the 16 hex digits tell
// one secret from another only to who has the key. The zero value hides nothing.
type Hider struct {
	key      []byte
	short    []string
	replacer *strings.Replacer
	spelled  *redact.Secrets
}

// NewHider hides these secrets, telling them apart by key.
func NewHider(secrets []string, key []byte) Hider {
	h := Hider{key: key, spelled: &redact.Secrets{}}
	secrets = slices.Clone(secrets)
	slices.SortFunc(secrets, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	var pairs []string // the longest first: the replacer prefers what comes first
	for _, s := range slices.Compact(secrets) {
		if len(s) < shortest {
			h.short = append(h.short, s)
			continue
		}
		h.spelled.Add(s)
		for _, text := range escapes(s) {
			pairs = append(pairs, text, h.placeholder(s))
		}
	}
	h.replacer = strings.NewReplacer(pairs...)
	return h
}

// escapes are the secret as it is, and inside the quotes of Go and JSON.
func escapes(s string) []string {
	all := []string{s, inner(strconv.Quote(s)), inner(strconv.QuoteToASCII(s))}
	for _, html := range []bool{true, false} {
		var b strings.Builder
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(html)
		if enc.Encode(s) == nil {
			all = append(all, inner(strings.TrimSuffix(b.String(), "\n")))
		}
	}
	return all
}

func inner(quoted string) string { return quoted[1 : len(quoted)-1] }

func (h Hider) placeholder(secret string) string {
	mac := hmac.New(sha256.New, h.key)
	mac.Write([]byte(secret))
	return "<secret " + hex.EncodeToString(mac.Sum(nil))[:16] + ">"
}

// Hide takes the secrets out of a value. One that has a secret in a spelling
// that cannot be replaced, such as base64, is hidden as a whole.
func (h Hider) Hide(text string) string {
	if h.replacer == nil || text == "" {
		return text
	}
	if slices.Contains(h.short, text) {
		return h.placeholder(text)
	}
	hidden := h.replacer.Replace(text)
	for _, rest := range placeholders.Split(hidden, -1) {
		if h.spelled.Redact(rest) != rest {
			return h.placeholder(text)
		}
	}
	return hidden
}

// mask makes all secrets look the same.
func mask(text string) string { return placeholders.ReplaceAllString(text, "<secret>") }

var placeholders = regexp.MustCompile(`<secret [0-9a-f]{16}>`)
