package amazonami

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/datasource"
	"github.com/ovenbird-io/ovenbird/internal/option"
)

const item = `<item><imageId>ami-ID</imageId><name>web-ID</name><creationDate>2026-0ID-01T00:00:00.000Z</creationDate>` +
	`<imageOwnerId>123456789012</imageOwnerId><imageOwnerAlias>self</imageOwnerAlias><tagSet><item><key>a</key><value>b</value></item></tagSet></item>`

func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		ids  string
		set  func(*AMI)
		want string
		form []string
	}{
		"one":    {"1", nil, "ami-1", []string{"Owner.1=self", "Filter.1.Name=name", "Filter.1.Value.1=web-%2A", "Filter.1.Value.2=app"}},
		"two":    {"12", nil, "!2 AMIs match, such as ami-1 (web-1), ami-2 (web-2)", nil},
		"newest": {"132", func(a *AMI) { a.Search.MostRecent, a.Search.IncludeDeprecated = true, true }, "ami-3", []string{"IncludeDeprecated=true"}},
		"none":   {"", nil, "!no AMI matches", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var form string
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				form = string(body)
				text := ""
				for _, id := range c.ids {
					text += strings.ReplaceAll(item, "ID", string(id))
				}
				_, _ = io.WriteString(w, `<DescribeImagesResponse><imagesSet>`+text+`</imagesSet></DescribeImagesResponse>`)
			}))
			defer s.Close()
			a := New(datasource.Env{}).(*AMI)
			a.Search.Owners, a.Search.Filters = []string{"self"}, map[string]string{"name": "web-*,app"}
			a.Access.AccessKey, a.Access.SecretKey, a.Access.Region = "AKIDEXAMPLE", "secret", "eu-central-1"
			a.Access.SkipCredentialValidation, a.Access.CustomEndpointEC2 = true, s.URL
			if c.set != nil {
				c.set(a)
			}
			got, err := a.Read(t.Context(), nil)
			if problem, fails := strings.CutPrefix(c.want, "!"); fails {
				if err == nil || !strings.Contains(err.Error(), problem) {
					t.Errorf("error is %v", err)
				}
				return
			}
			if err != nil || got["id"].AsString() != c.want || got["owner"].AsString() != "123456789012" || got["owner_name"].AsString() != "self" {
				t.Fatalf("got %v, %v", got, err)
			}
			if tag := got["tags"].Index(cty.StringVal("a")); tag.AsString() != "b" {
				t.Errorf("tags are %#v", got["tags"])
			}
			for name, kind := range a.Outputs() {
				if !got[name].Type().Equals(kind) {
					t.Errorf("%s is %#v", name, got[name])
				}
			}
			for _, want := range c.form {
				if !strings.Contains(form, want) {
					t.Errorf("%s is not in %s", want, form)
				}
			}
		})
	}
}

func TestValidate(t *testing.T) {
	problems := option.Problems((&AMI{}).Validate())
	if len(problems) == 0 || problems[len(problems)-1].Option != "owners" {
		t.Errorf("problems are %v", problems)
	}
}
