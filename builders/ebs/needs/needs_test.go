package needs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/ovenbird-io/ovenbird/builders/ebs/profile"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/internal/undo"
)

// answers is an IAM that answers each action with a status and a code of an
// error, "" for none, and counts what is asked for.
type answers struct {
	status map[string]int
	asked  map[string]int
}

func (a *answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	action := r.FormValue("Action")
	a.asked[action]++
	if status := a.status[action]; status != 0 {
		w.WriteHeader(status)
		fmt.Fprintf(w, `<ErrorResponse><Error><Code>%s</Code><Message>no</Message></Error></ErrorResponse>`, map[bool]string{true: "AccessDenied", false: "InternalFailure"}[status < 500])
		return
	}
	fmt.Fprintf(w, `<%sResponse><%sResult/></%sResponse>`, action, action, action)
}

// TestProfile has the profile of a build fail at each call, and what is noted of
// it before and after the undo.
func TestProfile(t *testing.T) {
	for _, c := range []struct {
		name          string
		status        map[string]int
		fails         bool
		before, after int
	}{
		{"made", nil, false, 2, 0},
		{"no role", map[string]int{"CreateRole": 403}, true, 0, 0},
		{"nobody knows of a role", map[string]int{"CreateRole": 500}, true, 1, 1},
		{"no policy", map[string]int{"PutRolePolicy": 403}, true, 1, 0},
		{"no policy, and no removal", map[string]int{"PutRolePolicy": 403, "DeleteRolePolicy": 403}, true, 1, 1},
		{"no profile", map[string]int{"CreateInstanceProfile": 403}, true, 1, 0},
		{"a profile without the role", map[string]int{"AddRoleToInstanceProfile": 403}, true, 2, 0},
		{"which cannot be removed", map[string]int{"AddRoleToInstanceProfile": 403, "DeleteInstanceProfile": 403}, true, 2, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &answers{status: c.status, asked: map[string]int{}}
			web := httptest.NewServer(a)
			defer web.Close()
			dir := t.TempDir()
			j, err := journal.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			m := &Maker{Journal: j, Undo: &undo.Stack{}, Out: (*ui.UI)(nil), IAM: iam.New(iam.Options{
				Region: "eu-west-1", BaseEndpoint: aws.String(web.URL), Retryer: aws.NopRetryer{}, Credentials: credentials.NewStaticCredentialsProvider("x", "y", ""),
			})}
			p := profile.Policy{Statement: []profile.Statement{{Action: []string{"s3:GetObject"}, Resource: []string{"*"}}}}
			if _, err := m.Profile(t.Context(), &profile.Options{Policy: &p}); (err != nil) != c.fails {
				t.Errorf("error is %v", err)
			}
			if n := living(t, j); n != c.before {
				t.Errorf("%d are noted before the undo, want %d", n, c.before)
			}
			undone := m.Undo.Run(context.WithoutCancel(t.Context()))
			if n := living(t, j); n != c.after {
				t.Errorf("%d are noted after the undo, want %d: %v, %v", n, c.after, undone, a.asked)
			}
		})
	}
}

func living(t *testing.T, j *journal.Journal) int {
	t.Helper()
	all, err := j.Living()
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// TestCreateAfterTheEnd has nothing noted of what was not tried.
func TestCreateAfterTheEnd(t *testing.T) {
	j, err := journal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	m := &Maker{Journal: j, Undo: &undo.Stack{}}
	err = m.Create(ctx, "key-pair", "a", func(context.Context) (string, error) { return "a", nil }, nil)
	if !errors.Is(err, stop) || living(t, j) != 0 {
		t.Errorf("%v, %d are noted", err, living(t, j))
	}
}
