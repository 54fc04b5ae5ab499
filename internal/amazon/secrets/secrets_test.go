package secrets

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

func TestPick(t *testing.T) {
	for _, c := range []struct{ text, key, want string }{
		{"plain", "", "plain"},
		{`"quoted"`, "", `"quoted"`},
		{"null", "", "null"},
		{"12", "", "12"},
		{`{"a":"x"}`, "", "x"},
		{`{"a":"x","b":"y"}`, "b", "y"},
		{`{"a":12,"b":1.50,"c":12345678901234567890}`, "c", "12345678901234567890"},
		{`{"a":1.50}`, "a", "1.50"},
		{`{"a":""}`, "a", ""},
		{"plain", "a", "!no key \"a\": it is no JSON object"},
		{`{"a":"x","b":"y"}`, "", "!2 keys; say which: a, b"},
		{`{"a":"x","b":"y"}`, "c", "!no key \"c\"; there are: a, b"},
		{`{"a":[1]}`, "a", "!neither a string nor a number"},
		{`{"a":null}`, "a", "!neither a string nor a number"},
		{`{}`, "", "!0 keys"},
	} {
		got, err := Pick(c.text, c.key)
		if problem, fails := strings.CutPrefix(c.want, "!"); fails {
			if err == nil || !strings.Contains(err.Error(), problem) {
				t.Errorf("%s of %s: error is %v", c.key, c.text, err)
			}
		} else if err != nil || got != c.want {
			t.Errorf("%s of %s: %q, %v", c.key, c.text, got, err)
		}
	}
}

func TestParts(t *testing.T) {
	for text, want := range map[string]string{
		"plain":                        "plain",
		`{"a":"x","b":2,"c":{"d":""}}`: `{"a":"x","b":2,"c":{"d":""}}|x|2`,
	} {
		if got := strings.Join(Parts(text), "|"); got != want {
			t.Errorf("%s: %q", text, got)
		}
	}
}

// TestManager asks a service once for each secret, and not before it is needed.
func TestManager(t *testing.T) {
	calls := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		body, _ := io.ReadAll(r.Body)
		var in struct{ SecretId string } //nolint:staticcheck // as it stands in the request
		_ = json.Unmarshal(body, &in)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		switch in.SecretId {
		case "db":
			_, _ = io.WriteString(w, `{"Name":"db","SecretString":"{\"user\":\"me\",\"password\":\"pw\"}"}`)
		case "binary":
			_, _ = io.WriteString(w, `{"Name":"binary","SecretBinary":"AAAA"}`)
		default:
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"__type":"ResourceNotFoundException","message":"There is none."}`)
		}
	}))
	defer s.Close()
	m, opened := New(), 0
	m.open = func(context.Context) (*secretsmanager.Client, error) {
		opened++
		if opened == 1 {
			return nil, errors.New("no credentials")
		}
		return secretsmanager.New(secretsmanager.Options{
			Region: "eu-central-1", BaseEndpoint: aws.String(s.URL), Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		}), nil
	}
	for _, c := range []struct {
		name, key string
		raw       bool
		want      string
		calls     int
	}{
		{"db", "user", false, "!no credentials", 0},
		{"db", "user", false, "me", 1},
		{"db", "password", false, "pw", 1},
		{"db", "", true, `{"user":"me","password":"pw"}`, 1},
		{"db", "more", false, "!no key", 1},
		{"binary", "", false, "!is binary", 2},
		{"none", "", false, "!ResourceNotFoundException", 3},
	} {
		got, hidden, err := m.Value(t.Context(), c.name, c.key, c.raw)
		if problem, fails := strings.CutPrefix(c.want, "!"); fails {
			if err == nil || !strings.Contains(err.Error(), problem) {
				t.Errorf("%s of %s: error is %v", c.key, c.name, err)
			}
		} else if err != nil || got != c.want || !slices.Contains(hidden, got) || c.raw != slices.Contains(hidden, "pw") && got != "pw" {
			t.Errorf("%s of %s: %q, hidden %q, error %v", c.key, c.name, got, hidden, err)
		}
		if calls != c.calls {
			t.Errorf("%s of %s: %d calls", c.key, c.name, calls)
		}
	}
}
