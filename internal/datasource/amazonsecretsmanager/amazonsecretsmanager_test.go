package amazonsecretsmanager

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/datasource"
	"github.com/ovenbird-io/ovenbird/internal/option"
)

func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		set     func(*Secret)
		answer  string
		request string
		value   string // "" is null
		text    string
		hidden  string
		fails   string
	}{
		"plain":   {nil, `{"SecretString":"pw"`, `"VersionStage":"AWSCURRENT"`, "pw", "pw", "pw", ""},
		"one key": {nil, `{"SecretString":"{\"a\":\"pw\"}"`, "", "pw", `{"a":"pw"}`, "pw", ""},
		"a key":   {func(s *Secret) { s.Key = "b" }, `{"SecretString":"{\"a\":\"pw\",\"b\":7}"`, "", "7", `{"a":"pw","b":7}`, "pw", ""},
		"no key":  {nil, `{"SecretString":"{\"a\":\"pw\",\"b\":7}"`, "", "", `{"a":"pw","b":7}`, "pw", ""},
		"missing": {func(s *Secret) { s.Key = "c" }, `{"SecretString":"{\"a\":\"pw\"}"`, "", "", "", "pw", "there are: a"},
		"binary":  {nil, `{"SecretBinary":"AAEC"`, "", "", "", "AAEC", ""},
		"version": {func(s *Secret) { s.VersionID = "v0" }, `{"SecretString":"pw"`, `"VersionId":"v0"`, "pw", "pw", "pw", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var request string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				all, _ := io.ReadAll(r.Body)
				request = string(all)
				w.Header().Set("Content-Type", "application/x-amz-json-1.1")
				_, _ = io.WriteString(w, c.answer+`,"VersionId":"v1"}`)
			}))
			defer server.Close()
			t.Setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", server.URL)
			s := New(datasource.Env{}).(*Secret)
			s.Name = "db"
			s.Access.AccessKey, s.Access.SecretKey, s.Access.Region, s.Access.SkipCredentialValidation = "AKIDEXAMPLE", "secret", "eu-central-1", true
			if c.set != nil {
				c.set(s)
			}
			got, err := s.Read(t.Context(), nil)
			if !slices.Contains(s.Secrets(false), c.hidden) || !strings.Contains(request, c.request) {
				t.Errorf("the request was %s; secrets are %q", request, s.Secrets(false))
			}
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Errorf("error is %v", err)
				}
				return
			}
			if err != nil || is(got["value"]) != c.value || is(got["secret_string"]) != c.text || is(got["version_id"]) != "v1" || len(s.Outputs()) != 4 {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func is(v cty.Value) string {
	if v == cty.NilVal {
		return ""
	}
	return v.AsString()
}

func TestValidate(t *testing.T) {
	problems := option.Problems((&Secret{}).Validate())
	if len(problems) == 0 || problems[len(problems)-1].Option != "name" {
		t.Errorf("problems are %v", problems)
	}
}
