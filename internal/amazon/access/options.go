// Package access reaches Amazon's services, or others that speak as they do: the
// options that say how, the clients, and what goes wrong.
package access

import (
	"errors"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/option"
)

// Options say where the services are and who calls them; components embed them
// with `hcl:",remain"`.
type Options struct {
	// Id of the access key. Default as the AWS tools find it: AWS_ACCESS_KEY_ID,
	// the profile, or the role of the machine.
	AccessKey string `hcl:"access_key,optional"`
	// Secret of the access key.
	SecretKey string `hcl:"secret_key,optional"`
	// Session token of a temporary access key. Default none.
	Token string `hcl:"token,optional"`
	// Region of the build, such as "eu-central-1". Default AWS_REGION, or the
	// profile's.
	Region string `hcl:"region,optional"`
	// Profile of ~/.aws/config and ~/.aws/credentials. Default AWS_PROFILE.
	Profile string `hcl:"profile,optional"`
	// File with credentials. Default "~/.aws/credentials".
	SharedCredentialsFile string `hcl:"shared_credentials_file,optional"`
	// Role to become before all else.
	AssumeRole *AssumeRole `hcl:"assume_role,block"`
	// Code of the MFA device that the profile's role asks for, good for one use.
	// Default none.
	MFACode string `hcl:"mfa_code,optional"`
	// URL of another EC2, for every region. Default Amazon's, or AWS_ENDPOINT_URL_EC2
	// or AWS_ENDPOINT_URL.
	CustomEndpointEC2 string `hcl:"custom_endpoint_ec2,optional"`
	// How often a call is tried again after trouble that passes. Default 10.
	MaxRetries int `hcl:"max_retries,optional"`
	// Takes any certificate of an endpoint. Default false.
	InsecureSkipTLSVerify bool `hcl:"insecure_skip_tls_verify,optional"`
	// Does not ask the machine it runs on for credentials. Default false.
	SkipMetadataAPICheck bool `hcl:"skip_metadata_api_check,optional"`
	// Does not ask who the credentials are of before anything else. Default false.
	SkipCredentialValidation bool `hcl:"skip_credential_validation,optional"`
	// Has encoded refusals decoded, which needs the right to
	// sts:DecodeAuthorizationMessage. Default false.
	DecodeAuthorizationMessages bool `hcl:"decode_authorization_messages,optional"`
	// Not supported yet: credentials from Vault.
	VaultAWSEngine *VaultAWSEngine `hcl:"vault_aws_engine,block"`
	// How long an AMI is waited for, where that is longer than ami_timeout.
	Polling *Polling `hcl:"aws_polling,block"`
}

// AssumeRole is a role to become.
type AssumeRole struct {
	// ARN of the role. Required.
	RoleARN string `hcl:"role_arn,optional"`
	// How long the role's credentials live, in seconds: 900 to 43200; new ones
	// come in time. Default 900.
	DurationSeconds int `hcl:"duration_seconds,optional"`
	// The external id that the role asks for. Default none.
	ExternalID string `hcl:"external_id,optional"`
	// Policy, as JSON, that bounds what the role may do. Default none.
	Policy string `hcl:"policy,optional"`
	// ARNs of policies that bound what the role may do. Default none.
	PolicyARNs []string `hcl:"policy_arns,optional"`
	// Name that the session has in logs. Default one with the time.
	SessionName string `hcl:"session_name,optional"`
	// Tags of the session. Default none.
	Tags map[string]string `hcl:"tags,optional"`
	// Keys of those tags that further roles inherit. Default none.
	TransitiveTagKeys []string `hcl:"transitive_tag_keys,optional"`
}

// VaultAWSEngine is where Vault has credentials.
type VaultAWSEngine struct {
	// Name of the role in Vault.
	Name string `hcl:"name,optional"`
	// ARN of the role to become.
	RoleARN string `hcl:"role_arn,optional"`
	// How long the credentials live.
	TTL string `hcl:"ttl,optional"`
	// Where the engine is mounted. Default "aws".
	EngineName string `hcl:"engine_name,optional"`
}

// Polling says how long things are waited for.
type Polling struct {
	// Seconds that max_attempts counts in. Things are looked at every second or
	// two in any case. Default 2, or AWS_POLL_DELAY_SECONDS.
	DelaySeconds int `hcl:"delay_seconds,optional"`
	// How many delays an AMI is waited for at most. Default AWS_MAX_ATTEMPTS, or
	// ami_timeout alone.
	MaxAttempts int `hcl:"max_attempts,optional"`
}

// Validate reports every option that cannot be used, offline.
func (o *Options) Validate() error {
	var errs []error
	if (o.AccessKey == "") != (o.SecretKey == "") {
		missing := map[bool]string{true: "access_key", false: "secret_key"}[o.AccessKey == ""]
		errs = append(errs, option.Bad(missing, "access_key and secret_key belong together; set both, or neither to use what the AWS tools use."))
	}
	if o.Token != "" && o.AccessKey == "" {
		errs = append(errs, option.Bad("token", "It belongs to an access_key and secret_key; set them, too."))
	}
	if o.SharedCredentialsFile != "" {
		if _, err := os.Stat(o.SharedCredentialsFile); err != nil {
			errs = append(errs, option.Bad("shared_credentials_file", "%s.", err))
		}
	}
	if u, err := url.Parse(o.CustomEndpointEC2); o.CustomEndpointEC2 != "" && (err != nil || u.Host == "") {
		errs = append(errs, option.Bad("custom_endpoint_ec2", "%q is no URL; use one such as \"https://ec2.example.org\".", o.CustomEndpointEC2))
	}
	if o.MaxRetries < 0 {
		errs = append(errs, option.Bad("max_retries", "%d is negative; use 1 or more.", o.MaxRetries))
	}
	if o.MFACode != "" && o.AssumeRole != nil {
		errs = append(errs, option.Bad("mfa_code", "It is for a role of the profile; name the role there, with its mfa_serial, and leave assume_role away."))
	}
	if o.VaultAWSEngine != nil {
		errs = append(errs, option.Later("vault_aws_engine", "Credentials from Vault are not supported yet; have \"vault read\" put them into AWS_ACCESS_KEY_ID and its like, or use assume_role."))
	}
	return errors.Join(append(errs, o.AssumeRole.validate(), o.Polling.validate())...)
}

func (r *AssumeRole) validate() error {
	if r == nil {
		return nil
	}
	var errs []error
	if r.RoleARN == "" {
		errs = append(errs, option.Bad("assume_role.role_arn", "It is required: the role to become."))
	}
	if s := r.DurationSeconds; s != 0 && (s < 900 || s > 43200) {
		errs = append(errs, option.Bad("assume_role.duration_seconds", "%d is out of range; use 900 to 43200.", s))
	}
	for _, key := range r.TransitiveTagKeys {
		if _, ok := r.Tags[key]; !ok {
			errs = append(errs, option.Bad("assume_role.transitive_tag_keys", "%q is no key of assume_role.tags.", key))
		}
	}
	return errors.Join(errs...)
}

func (p *Polling) validate() error {
	switch {
	case p == nil:
		return nil
	case p.DelaySeconds < 0:
		return option.Bad("aws_polling.delay_seconds", "%d is negative.", p.DelaySeconds)
	case p.MaxAttempts < 0:
		return option.Bad("aws_polling.max_attempts", "%d is negative.", p.MaxAttempts)
	}
	return nil
}

// Secrets are the passwords among the options.
func (o *Options) Secrets() []string {
	var all []string
	for _, s := range []string{o.SecretKey, o.Token, o.MFACode} {
		if s != "" {
			all = append(all, s)
		}
	}
	return all
}

// Patience is how long a thing is waited for that takes no longer than usual as
// a rule: aws_polling and the environment change that.
func (o *Options) Patience(usual time.Duration, getenv func(string) string) time.Duration {
	delay, attempts := number(getenv("AWS_POLL_DELAY_SECONDS")), number(getenv("AWS_MAX_ATTEMPTS"))
	if o.Polling != nil {
		if o.Polling.DelaySeconds > 0 {
			delay = o.Polling.DelaySeconds
		}
		if o.Polling.MaxAttempts > 0 {
			attempts = o.Polling.MaxAttempts
		}
	}
	if delay == 0 {
		delay = 2
	}
	switch seconds := number(getenv("AWS_TIMEOUT_SECONDS")); {
	case attempts > 0:
		return time.Duration(attempts) * time.Duration(delay) * time.Second
	case seconds > 0:
		return time.Duration(seconds) * time.Second
	}
	return usual
}

// number reads a number of an environment variable, 0 if there is none to use.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
