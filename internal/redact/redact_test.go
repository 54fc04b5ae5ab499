package redact

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	const key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----\n"
	for _, c := range []struct {
		name    string
		secrets []string
		in      string
		want    string
	}{
		{"nothing is secret", nil, "password=hunter2", "password=hunter2"},
		{"plain", []string{"hunter2"}, "password=hunter2 ok", "password=<sensitive> ok"},
		{"twice", []string{"hunter2"}, "hunter2,hunter2", "<sensitive>,<sensitive>"},
		{"side by side", []string{"abc"}, "abcabc", "<sensitive>"},
		{"one inside the other", []string{"hunter", "hunter2!"}, "x hunter2! y hunter z", "x <sensitive> y <sensitive> z"},
		{"overlapping", []string{"abcdef", "defghi"}, "-abcdefghi-", "-<sensitive>-"},
		{"overlapping itself", []string{"ababa"}, "-abababa-", "-<sensitive>-"},
		{"empty", []string{""}, "text", "text"},
		{"two bytes are left alone", []string{"ab"}, "ab", "ab"},
		{"three bytes are not", []string{"abc"}, "xabcx", "x<sensitive>x"},
		{"spaces only", []string{"     "}, "a      b", "a      b"},
		{"surrounding space", []string{" hunter2\n"}, "got hunter2.", "got <sensitive>."},
		{"one line of many", []string{key}, "read MIIEvQIBADANBg", "read <sensitive>"},
		{"many lines", []string{"first-line\nsecond-line"}, "a first-line\nsecond-line b", "a <sensitive> b"},
		{"many lines on one", []string{"first-line\nsecond-line"}, `{"k":"first-line\nsecond-line"}`, `{"k":"<sensitive>"}`},
		{"closing brace of a JSON secret", []string{"{\n\"k\": \"v-secret\"\n}"}, "if {\n}", "if {\n}"},
		{"carriage return line ends", []string{"alpha1\r\nbeta22\r\n"}, "alpha1 beta22", "<sensitive> <sensitive>"},
		{"Go quotes", []string{"pa\"ss\tword"}, `value "pa\"ss\tword"`, `value "<sensitive>"`},
		{"Go quotes, ASCII", []string{"pässwörd"}, `"p\u00e4ssw\u00f6rd"`, `"<sensitive>"`},
		{"JSON with HTML escapes", []string{"a<b>&c"}, `"a\u003cb\u003e\u0026c"`, `"<sensitive>"`},
		{"JSON without", []string{"a<b>\"&c"}, `"a<b>\"&c"`, `"<sensitive>"`},
		{"HTML", []string{"a<b>&c"}, `a&lt;b&gt;&amp;c`, `<sensitive>`},
		{"HCL", []string{"a${b}%{c}"}, `a$${b}%%{c}`, `<sensitive>`},
		{"shell, single quotes", []string{"it's me"}, `echo 'it'\''s me'`, `echo '<sensitive>'`},
		{"shell, single in double quotes", []string{"it's me"}, `echo 'it'"'"'s me'`, `echo '<sensitive>'`},
		{"shell, double quotes", []string{"a$b`c\"d"}, "echo \"a\\$b\\`c\\\"d\"", `echo "<sensitive>"`},
		{"shell, backslashes", []string{"a b$c&d"}, `echo a\ b\$c\&d`, `echo <sensitive>`},
		{"shell, dollar quotes", []string{"a'b\nc"}, `echo $'a\'b\nc'`, `echo $'<sensitive>'`},
		{"query", []string{"p w/d+&"}, "?k=p+w%2Fd%2B%26&x", "?k=<sensitive>&x"},
		{"query, lower case", []string{"p w/d+&"}, "?k=p+w%2fd%2b%26&x", "?k=<sensitive>&x"},
		{"query, %20", []string{"p w/d"}, "?k=p%20w%2Fd", "?k=<sensitive>"},
		{"path", []string{"p w/d"}, "/p%20w%2Fd/", "/<sensitive>/"},
		{"user info", []string{"p@s:w/d"}, "https://u:p%40s%3Aw%2Fd@host", "https://u:<sensitive>@host"},
		{"everything percent-encoded", []string{"a!b*c"}, "a%21b%2Ac", "<sensitive>"},
		{"hex", []string{"hunter2"}, "68756e74657232 68756E74657232", "<sensitive> <sensitive>"},
		{"base64", []string{"hunter2"}, "aHVudGVyMg==", "<sensitive>"},
		{"base64 of user:password", []string{"hunter2"}, "Basic " + base64.StdEncoding.EncodeToString([]byte("me:hunter2")), "Basic bWU<sensitive>"},
		{"URL base64", []string{"\xff\xfe\xfd\xfc"}, "__79_A", "<sensitive>"},
		{"UTF-16 base64", []string{"hunter2"}, "aAB1AG4AdABlAHIAMgA=", "<sensitive>"},
		{"words are not base64", []string{"hunter2"}, "aHVu is no secret", "aHVu is no secret"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r Secrets
			r.Add(c.secrets...)
			if got := r.Redact(c.in); got != c.want {
				t.Errorf("Redact(%q)\n got %q\nwant %q", c.in, got, c.want)
			}
		})
	}
}

// Whatever surrounds a secret before it is encoded, nothing that decodes to
// more than a few bits of it stays.
func TestRedactBase64Alignments(t *testing.T) {
	const secret = "correct horse battery staple"
	var r Secrets
	r.Add(secret)
	for before := range 7 {
		for after := range 7 {
			raw := strings.Repeat("x", before) + secret + strings.Repeat("y", after)
			for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding} {
				got := r.Redact(enc.EncodeToString([]byte(raw)))
				left, right, ok := strings.Cut(got, Placeholder)
				if !ok || len(left) > before*4/3+1 || len(right) > after*4/3+3 {
					t.Errorf("%d before, %d after: %q", before, after, got)
				}
			}
		}
	}
}

func TestRedactWrappedBase64(t *testing.T) {
	secret := strings.Repeat("0123456789 a long secret ", 12)
	for _, width := range []int{64, 76} {
		for before := range 5 {
			text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("#", before) + secret))
			var lines []string
			for len(text) > 0 {
				n := min(width, len(text))
				lines, text = append(lines, text[:n]), text[n:]
			}
			var r Secrets
			r.Add(secret)
			for i, l := range lines {
				got := r.Redact(l)
				if rest := strings.ReplaceAll(got, Placeholder, ""); len(rest) > 6 && (i < len(lines)-1 || len(l) >= leastPiece) {
					t.Errorf("width %d, %d before, line %d: %q became %q", width, before, i, l, got)
				}
			}
			if got := r.Redact(strings.Join(lines, "\n")); strings.Contains(got, lines[1][10:30]) {
				t.Errorf("width %d, %d before: %q", width, before, got)
			}
		}
	}
}

// Random secrets in random places and spellings never come out.
func TestRedactRandom(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	alphabet := []rune("abcXYZ019 \t\"'\\$`%&<>/+=!é世{}")
	word := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteRune(alphabet[rnd.IntN(len(alphabet))])
		}
		return b.String()
	}
	spell := []func(string) string{
		func(s string) string { return s },
		strconv.Quote,
		func(s string) string { b, _ := json.Marshal(s); return string(b) },
		url.QueryEscape, url.PathEscape,
		func(s string) string { return fmt.Sprintf("%x", s) },
		func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" },
	}
	for range 2000 {
		secret := "k" + word(6+rnd.IntN(20)) + "k"
		var r Secrets
		r.Add(secret, word(rnd.IntN(8)))
		for i, f := range spell {
			enc := strings.Trim(f(secret), `"'`)
			got := r.Redact("<" + word(rnd.IntN(5)) + "|" + f(secret) + "|" + word(rnd.IntN(5)))
			if strings.Contains(got, enc) || !strings.Contains(got, Placeholder) {
				t.Fatalf("spelling %d of %q stayed in %q", i, secret, got)
			}
		}
	}
}

func TestCutNeverSplitsASecret(t *testing.T) {
	const secret = "0123456789"
	var r Secrets
	r.Add(secret)
	for at := range 120 {
		text := strings.Repeat(".", at) + secret + strings.Repeat(".", 120-at)
		for end := range len(text) {
			n := r.Cut([]byte(text[:end]))
			if n > at && n < at+len(secret) {
				t.Fatalf("secret at %d, text ends at %d: cut at %d", at, end, n)
			}
		}
	}
}

func BenchmarkRedact(b *testing.B) {
	var r Secrets
	for i := range 20 {
		r.Add(fmt.Sprintf("a rather secret value %d", i))
	}
	line := strings.Repeat("Setting up libexample (1.2.3-4) ...", 4)
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		if r.Redact(line) != line {
			b.Fatal("there was nothing to hide")
		}
	}
}
