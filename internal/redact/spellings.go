package redact

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf16"
)

// spellings lists the ways a secret can look in output.
func spellings(secret string) []pattern {
	var all []pattern
	for _, s := range parts(secret) {
		for _, t := range escapes(s) {
			all = append(all, pattern{text: t})
		}
		wide := make([]byte, 0, 2*len(s))
		for _, u := range utf16.Encode([]rune(s)) {
			wide = binary.LittleEndian.AppendUint16(wide, u)
		}
		for _, raw := range [][]byte{[]byte(s), wide} {
			for _, t := range base64Cores(raw) {
				all = append(all, pattern{text: t, base64: true})
			}
		}
	}
	return all
}

// parts are the secret, without surrounding space too, and its lines.
func parts(secret string) []string {
	candidates := append([]string{secret, strings.TrimSpace(secret)}, strings.Split(secret, "\n")...)
	var all []string
	for i, s := range candidates {
		if i >= 2 {
			s = strings.TrimSpace(s)
		}
		if len(s) >= shortest && len(strings.TrimSpace(s)) >= shortest {
			all = append(all, s)
		}
	}
	return all
}

func escapes(s string) []string {
	all := []string{
		s,
		inner(strconv.Quote(s)),
		inner(strconv.QuoteToASCII(s)),
		inner(jsonText(s, true)),
		inner(jsonText(s, false)),
		html.EscapeString(s),
		strings.NewReplacer(`${`, `$${`, `%{`, `%%{`).Replace(s),
		strings.NewReplacer(`${`, `$${`, `%{`, `%%{`).Replace(inner(strconv.Quote(s))),
		strings.ReplaceAll(s, `'`, `'\''`),
		strings.ReplaceAll(s, `'`, `'"'"'`),
		backslashed(s, "\"$`\\"),
		backslashed(s, "\"$`\\!"),
		backslashed(s, " \t\"'$`\\!#&*()[]{}|;<>?~^"),
		strings.ReplaceAll(inner(strconv.Quote(s)), `'`, `\'`), // $'...'
		hex.EncodeToString([]byte(s)),
		strings.ToUpper(hex.EncodeToString([]byte(s))),
	}
	user := url.UserPassword("u", s).String()
	for _, e := range []string{url.QueryEscape(s), url.PathEscape(s), user[len("u:"):], percent(s)} {
		all = append(all, e, strings.ReplaceAll(e, "+", "%20"), lowerHex(e))
	}
	return all
}

// inner takes the quotes off.
func inner(quoted string) string { return quoted[1 : len(quoted)-1] }

func jsonText(s string, escapeHTML bool) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(escapeHTML)
	if err := enc.Encode(s); err != nil {
		return strconv.Quote(s)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func backslashed(s, special string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(special, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// percent encodes everything but RFC 3986's unreserved characters.
func percent(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{c})))
	}
	return b.String()
}

// lowerHex writes %2F as %2f.
func lowerHex(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:], strings.ToLower(string(b[i+1:i+3])))
			i += 2
		}
	}
	return string(b)
}

// base64Cores are the characters that base64 surely has for raw, whatever
// stands before and behind it, at each of the three alignments.
func base64Cores(raw []byte) []string {
	var all []string
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before, skip := range []int{0, 2, 3} {
			text := enc.EncodeToString(append(make([]byte, before), raw...))
			end := (before + len(raw)) * 8 / 6
			if skip < end {
				all = append(all, text[skip:end])
			}
		}
	}
	return all
}
