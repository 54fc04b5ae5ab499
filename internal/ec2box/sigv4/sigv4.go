// Package sigv4 verifies the signatures of requests, version 4, as AWS's
// services do.
package sigv4

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Skew is how far a request's time may be from the server's.
const Skew = 5 * time.Minute

// largest is the largest body that is read, in bytes.
const largest = 8 << 20

// algorithm is the only one.
const algorithm = "AWS4-HMAC-SHA256"

// unsigned stands for the digest of a body that is not signed.
const unsigned = "UNSIGNED-PAYLOAD"

// Reason says why a request is refused.
type Reason int

// The reasons.
const (
	Missing Reason = iota // it is not signed at all
	Malformed
	UnknownKey
	WrongToken
	Expired // also: not yet valid
	Mismatch
	WrongBody
)

// Error is a request that is refused.
type Error struct {
	Reason  Reason
	Message string
}

func (e *Error) Error() string { return e.Message }

func refuse(r Reason, format string, args ...any) error {
	return &Error{r, fmt.Sprintf(format, args...)}
}

// Scope is what a request was signed for.
type Scope struct{ AccessKey, Date, Region, Service string }

// Key is the secret of an access key.
type Key struct {
	Secret string
	Token  string    // of a session, or ""
	Until  time.Time // zero for ever
}

// header is an Authorization header taken apart.
type header struct {
	Scope
	signed    []string
	signature string
}

// ScopeOf tells what a request says that it was signed for, unverified.
func ScopeOf(r *http.Request) (Scope, error) {
	h, err := parse(r.Header.Get("Authorization"))
	return h.Scope, err
}

func parse(text string) (header, error) {
	var h header
	if text == "" {
		return h, refuse(Missing, "Request is missing Authentication Token")
	}
	rest, ok := strings.CutPrefix(text, algorithm+" ")
	if !ok {
		return h, refuse(Malformed, "Unsupported AWS 'algorithm': '%s'.", strings.SplitN(text, " ", 2)[0])
	}
	fields := map[string]string{}
	for _, part := range strings.Split(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[name] = value
	}
	for _, name := range []string{"Credential", "SignedHeaders", "Signature"} {
		if fields[name] == "" {
			return h, refuse(Malformed, "Authorization header requires '%s' parameter. Authorization=%s", name, text)
		}
	}
	scope := strings.Split(fields["Credential"], "/")
	if len(scope) != 5 || scope[4] != "aws4_request" {
		return h, refuse(Malformed, "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '%s'", fields["Credential"])
	}
	h.Scope = Scope{scope[0], scope[1], scope[2], scope[3]}
	h.signed, h.signature = strings.Split(fields["SignedHeaders"], ";"), fields["Signature"]
	return h, nil
}

// Verify checks a request against the secret of its access key, and reads its
// body where that is signed; it can be read again.
func Verify(r *http.Request, now time.Time, key func(accessKey string) (Key, bool)) (Scope, error) {
	h, err := parse(r.Header.Get("Authorization"))
	if err != nil {
		return h.Scope, err
	}
	k, known := key(h.AccessKey)
	if !known {
		return h.Scope, refuse(UnknownKey, "The security token included in the request is invalid.")
	}
	stamp := r.Header.Get("X-Amz-Date")
	if err := h.checkTime(stamp, now); err != nil {
		return h.Scope, err
	}
	if err := h.checkHeaders(r); err != nil {
		return h.Scope, err
	}
	digest, err := digestOf(r, h.signed)
	if err != nil {
		return h.Scope, err
	}
	want := hex.EncodeToString(h.sign(k.Secret, stamp, h.canonical(r, digest)))
	if subtle.ConstantTimeCompare([]byte(want), []byte(h.signature)) != 1 {
		return h.Scope, refuse(Mismatch, "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	switch token := r.Header.Get("X-Amz-Security-Token"); {
	case token != k.Token:
		return h.Scope, refuse(WrongToken, "The security token included in the request is invalid.")
	case !k.Until.IsZero() && now.After(k.Until):
		return h.Scope, refuse(WrongToken, "The security token included in the request is expired")
	}
	return h.Scope, nil
}

func (h header) checkTime(stamp string, now time.Time) error {
	at, err := time.Parse("20060102T150405Z", stamp)
	switch {
	case err != nil:
		return refuse(Malformed, "Date must be in ISO-8601 'basic format'. Got '%s'.", stamp)
	case !strings.HasPrefix(stamp, h.Date):
		return refuse(Malformed, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.", h.Date, stamp[:8], stamp)
	case now.Sub(at) > Skew:
		return refuse(Expired, "Signature expired: %s is now earlier than %s (%s - 5 min.)", stamp, now.UTC().Add(-Skew).Format("20060102T150405Z"), now.UTC().Format("20060102T150405Z"))
	case at.Sub(now) > Skew:
		return refuse(Expired, "Signature not yet current: %s is still later than %s (%s + 5 min.)", stamp, now.UTC().Add(Skew).Format("20060102T150405Z"), now.UTC().Format("20060102T150405Z"))
	}
	return nil
}

// checkHeaders wants signatures of all that could change a request's meaning.
func (h header) checkHeaders(r *http.Request) error {
	if !slices.Contains(h.signed, "host") {
		return refuse(Malformed, "'Host' must be a 'SignedHeader' in the AWS Authorization.")
	}
	for name := range r.Header {
		low := strings.ToLower(name)
		if strings.HasPrefix(low, "x-amz-") && !slices.Contains(h.signed, low) {
			return refuse(Malformed, "'%s' must be a 'SignedHeader' in the AWS Authorization.", name)
		}
	}
	return nil
}

// digestOf is the digest of the body, or what stands for it where the request
// may leave it unsigned.
func digestOf(r *http.Request, signed []string) (string, error) {
	claimed := r.Header.Get("X-Amz-Content-Sha256")
	if claimed == unsigned && slices.Contains(signed, "x-amz-content-sha256") && r.Method == http.MethodPut {
		return claimed, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, largest+1))
	if err != nil {
		return "", fmt.Errorf("reading the request: %w", err)
	}
	if len(body) > largest {
		return "", refuse(Malformed, "The request is larger than %d bytes.", largest)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	sum := sha256.Sum256(body)
	digest := hex.EncodeToString(sum[:])
	if claimed != "" && claimed != digest {
		return "", refuse(WrongBody, "The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
	return digest, nil
}

func (h header) canonical(r *http.Request, digest string) string {
	var b strings.Builder
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	fmt.Fprintf(&b, "%s\n%s\n%s\n", r.Method, escape(path, true), query(r.URL.RawQuery))
	for _, name := range h.signed {
		values := r.Header.Values(name)
		switch name {
		case "host":
			values = []string{r.Host}
		case "content-length":
			values = []string{fmt.Sprint(r.ContentLength)}
		}
		var clean []string
		for _, v := range values {
			clean = append(clean, strings.Join(strings.Fields(v), " "))
		}
		fmt.Fprintf(&b, "%s:%s\n", name, strings.Join(clean, ","))
	}
	fmt.Fprintf(&b, "\n%s\n%s", strings.Join(h.signed, ";"), digest)
	return b.String()
}

// query is a query string in canonical order and escapes.
func query(raw string) string {
	var pairs []string
	for _, part := range strings.Split(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, again(name)+"="+again(value))
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

func again(text string) string {
	plain, err := url.QueryUnescape(text)
	if err != nil {
		return text
	}
	return escape(plain, false)
}

// escape escapes all but the unreserved characters.
func escape(text string, path bool) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_.~", c) >= 0 || path && c == '/' {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// sign is the signature of a request in its canonical form.
func (h header) sign(secret, stamp, canonical string) []byte {
	sum := sha256.Sum256([]byte(canonical))
	scope := strings.Join([]string{h.Date, h.Region, h.Service, "aws4_request"}, "/")
	key := []byte("AWS4" + secret)
	for _, part := range strings.Split(scope, "/") {
		key = mac(key, part)
	}
	return mac(key, strings.Join([]string{algorithm, stamp, scope, hex.EncodeToString(sum[:])}, "\n"))
}

func mac(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}
