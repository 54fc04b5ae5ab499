package amazonparameterstore

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/datasource"
	"github.com/ovenbird-io/ovenbird/internal/option"
)

func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		status  int
		answer  string
		want    string
		secrets int
	}{
		"plain":  {200, `{"Parameter":{"Name":"x","Type":"String","Value":"v","Version":3,"ARN":"arn:x"}}`, "v", 0},
		"secure": {200, `{"Parameter":{"Name":"x","Type":"SecureString","Value":"v","Version":3,"ARN":"arn:x"}}`, "v", 1},
		"none":   {400, `{"__type":"ParameterNotFound","message":"none"}`, "!ParameterNotFound", 0},
		"odd":    {200, `{}`, "!has no parameter", 0},
	} {
		t.Run(name, func(t *testing.T) {
			var body string
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				all, _ := io.ReadAll(r.Body)
				body = string(all)
				w.Header().Set("Content-Type", "application/x-amz-json-1.1")
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.answer)
			}))
			defer s.Close()
			t.Setenv("AWS_ENDPOINT_URL_SSM", s.URL)
			p := New(datasource.Env{}).(*Parameter)
			p.Name, p.WithDecryption = "x", true
			p.Access.AccessKey, p.Access.SecretKey, p.Access.Region, p.Access.SkipCredentialValidation = "AKIDEXAMPLE", "secret", "eu-central-1", true
			got, err := p.Read(t.Context(), nil)
			if problem, fails := strings.CutPrefix(c.want, "!"); fails {
				if err == nil || !strings.Contains(err.Error(), problem) {
					t.Errorf("error is %v", err)
				}
				return
			}
			if err != nil || got["value"].AsString() != c.want || got["version"].AsString() != "3" || got["arn"].AsString() != "arn:x" {
				t.Fatalf("got %v, %v", got, err)
			}
			if !strings.Contains(body, `"WithDecryption":true`) || len(p.Secrets(false)) != c.secrets || len(p.Secrets(true)) != 1 || len(p.Outputs()) != len(got) {
				t.Errorf("the request was %s; secrets are %q", body, p.Secrets(false))
			}
		})
	}
}

func TestValidate(t *testing.T) {
	problems := option.Problems((&Parameter{}).Validate())
	if len(problems) == 0 || problems[len(problems)-1].Option != "name" {
		t.Errorf("problems are %v", problems)
	}
}
