package access

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/option"
)

func TestValidate(t *testing.T) {
	role := func(change func(*AssumeRole)) *AssumeRole {
		r := &AssumeRole{RoleARN: "arn:aws:iam::1:role/x"}
		change(r)
		return r
	}
	for name, c := range map[string]struct {
		o    Options
		want string // the options with problems
	}{
		"nothing":             {Options{}, ""},
		"all of it":           {Options{AccessKey: "a", SecretKey: "s", Token: "t", Region: "r", CustomEndpointEC2: "http://127.0.0.1:1", MaxRetries: 3}, ""},
		"half a key":          {Options{AccessKey: "a"}, "secret_key"},
		"the other half":      {Options{SecretKey: "s"}, "access_key"},
		"a token alone":       {Options{Token: "t"}, "token"},
		"no such file":        {Options{SharedCredentialsFile: "/nonexistent"}, "shared_credentials_file"},
		"no URL":              {Options{CustomEndpointEC2: "ec2.example.org"}, "custom_endpoint_ec2"},
		"negative":            {Options{MaxRetries: -1, Polling: &Polling{DelaySeconds: -1}}, "aws_polling.delay_seconds max_retries"},
		"negative attempts":   {Options{Polling: &Polling{MaxAttempts: -1}}, "aws_polling.max_attempts"},
		"a role":              {Options{AssumeRole: role(func(r *AssumeRole) { r.DurationSeconds = 900 })}, ""},
		"no role":             {Options{AssumeRole: &AssumeRole{}}, "assume_role.role_arn"},
		"too short":           {Options{AssumeRole: role(func(r *AssumeRole) { r.DurationSeconds = 899 })}, "assume_role.duration_seconds"},
		"an unknown tag":      {Options{AssumeRole: role(func(r *AssumeRole) { r.TransitiveTagKeys = []string{"k"} })}, "assume_role.transitive_tag_keys"},
		"a code and a role":   {Options{MFACode: "123456", AssumeRole: role(func(*AssumeRole) {})}, "mfa_code"},
		"Vault":               {Options{VaultAWSEngine: &VaultAWSEngine{Name: "x"}}, "vault_aws_engine later"},
		"everything at once":  {Options{AccessKey: "a", MaxRetries: -1, CustomEndpointEC2: "x"}, "custom_endpoint_ec2 max_retries secret_key"},
		"polling, and enough": {Options{Polling: &Polling{DelaySeconds: 5, MaxAttempts: 7}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, p := range option.Problems(c.o.Validate()) {
				text := p.Option
				if p.Later {
					text += " later"
				}
				got = append(got, text)
			}
			slices.Sort(got)
			if text := strings.Join(got, " "); text != c.want {
				t.Errorf("got %q, want %q", text, c.want)
			}
		})
	}
}

func TestPatience(t *testing.T) {
	const usual = 10 * time.Minute
	for name, c := range map[string]struct {
		polling *Polling
		env     map[string]string
		want    time.Duration
	}{
		"nothing said":     {nil, nil, usual},
		"attempts":         {&Polling{MaxAttempts: 60}, nil, 2 * time.Minute},
		"both":             {&Polling{MaxAttempts: 60, DelaySeconds: 5}, nil, 5 * time.Minute},
		"a delay alone":    {&Polling{DelaySeconds: 5}, nil, usual},
		"the environment":  {nil, map[string]string{"AWS_MAX_ATTEMPTS": "10", "AWS_POLL_DELAY_SECONDS": "30"}, 5 * time.Minute},
		"the template won": {&Polling{MaxAttempts: 60}, map[string]string{"AWS_MAX_ATTEMPTS": "10", "AWS_POLL_DELAY_SECONDS": "30"}, 30 * time.Minute},
		"seconds":          {nil, map[string]string{"AWS_TIMEOUT_SECONDS": "90"}, 90 * time.Second},
		"attempts won":     {nil, map[string]string{"AWS_TIMEOUT_SECONDS": "90", "AWS_MAX_ATTEMPTS": "10"}, 20 * time.Second},
		"no numbers":       {nil, map[string]string{"AWS_MAX_ATTEMPTS": "many", "AWS_TIMEOUT_SECONDS": "-3"}, usual},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Polling: c.polling}
			if got := o.Patience(usual, func(k string) string { return c.env[k] }); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestSecrets(t *testing.T) {
	o := Options{AccessKey: "a", SecretKey: "s", MFACode: "m"}
	if got := o.Secrets(); !slices.Equal(got, []string{"s", "m"}) {
		t.Errorf("got %v", got)
	}
}

func TestMFAOnce(t *testing.T) {
	o := Options{MFACode: "123456"}
	provider := o.profileRole()
	var all []string
	for range 2 {
		r := assume()
		provider(r)
		code, err := r.TokenProvider()
		if err != nil {
			code = err.Error()
		}
		all = append(all, code)
	}
	if all[0] != "123456" || !strings.Contains(all[1], "good for one use") {
		t.Errorf("got %q", all)
	}
	r := assume()
	(&Options{}).profileRole()(r)
	if _, err := r.TokenProvider(); err == nil || !strings.Contains(err.Error(), "set mfa_code") {
		t.Errorf("got %v", err)
	}
}

func TestExplainOthers(t *testing.T) {
	cause := errors.New("cause")
	if err := Explain(cause, "i-1"); !errors.Is(err, cause) || err.Error() != "i-1: cause" || Explain(nil, "x") != nil {
		t.Errorf("got %v", err)
	}
}
