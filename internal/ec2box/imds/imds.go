// Package imds is the sandbox's instance metadata service, IMDSv2 and, where
// the instance allows it, IMDSv1: one handler for one instance.
package imds

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Instance is what the service tells of an instance.
type Instance struct {
	ID, ImageID, Type, Region, Zone, Account string
	Reservation, Hostname, Architecture      string
	Launched                                 time.Time
	MAC, PrivateIP, PublicIP                 string
	VPC, Subnet, CIDR                        string // "" leaves them out
	SecurityGroups                           []string
	KeyName, PublicKey                       string            // "" for none; the key is a line of authorized_keys
	UserData                                 []byte            // nil for none
	BlockDevices                             map[string]string // by name, such as "ami", "root" or "ebs1"
	Tags                                     map[string]string
	Role                                     Role // of its instance profile
	Options                                  Options
}

// Role is the role of an instance profile, with credentials for it.
type Role struct {
	Name, ProfileARN, ProfileID       string // no name: the instance has none
	AccessKey, SecretKey, Token       string
	CredentialsMade, CredentialsUntil time.Time
}

// Options are the metadata options of an instance.
type Options struct {
	Disabled       bool // http_endpoint
	TokensRequired bool // http_tokens
	// HopLimit is how many hops an answer with a token may take. Here it counts
	// only the proxies that say so in X-Forwarded-For, which EC2 refuses at all.
	HopLimit int
	Tags     bool // instance_metadata_tags
}

// longest is the longest life of a token, in seconds.
const longest = 6 * 60 * 60

const (
	tokenHeader = "X-Aws-Ec2-Metadata-Token"
	lifeHeader  = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"
)

// Service answers the requests of one instance.
type Service struct {
	instance func() Instance
	now      func() time.Time

	mu     sync.Mutex
	tokens map[string]time.Time // with their ends
}

// New makes the service. It asks for the instance at each request, so that
// changes show at once.
func New(instance func() Instance) *Service {
	return &Service{instance: instance, now: time.Now, tokens: map[string]time.Time{}}
}

// ServeHTTP answers as http://169.254.169.254/ does.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Server", "EC2ws")
	in := s.instance()
	switch {
	case in.Options.Disabled:
		refuse(w, http.StatusForbidden)
	case r.URL.Path == "/latest/api/token" || r.URL.Path == "/latest/api/token/":
		s.token(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed)
	case !s.admits(r, in.Options.TokensRequired):
		refuse(w, http.StatusUnauthorized)
	default:
		s.get(w, r, in)
	}
}

// token makes a token for a session.
func (s *Service) token(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPut {
		w.Header().Set("Allow", "PUT")
		refuse(w, http.StatusMethodNotAllowed)
		return
	}
	if r.Header.Get("X-Forwarded-For") != "" {
		refuse(w, http.StatusForbidden)
		return
	}
	seconds, err := strconv.Atoi(r.Header.Get(lifeHeader))
	if err != nil || seconds < 1 || seconds > longest {
		refuse(w, http.StatusBadRequest)
		return
	}
	token := rand.Text() + rand.Text() + "=="
	s.mu.Lock()
	for t, end := range s.tokens {
		if !s.now().Before(end) {
			delete(s.tokens, t)
		}
	}
	s.tokens[token] = s.now().Add(time.Duration(seconds) * time.Second)
	s.mu.Unlock()
	w.Header().Set(lifeHeader, strconv.Itoa(seconds))
	plain(w, []byte(token))
}

// admits says whether the request may be answered. A wrong token is refused
// also where none is required.
func (s *Service) admits(r *http.Request, required bool) bool {
	token := r.Header.Get(tokenHeader)
	if token == "" {
		return !required
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	end, known := s.tokens[token]
	return known && s.now().Before(end)
}

func (s *Service) get(w http.ResponseWriter, r *http.Request, in Instance) {
	path := strings.Trim(r.URL.Path, "/")
	version, rest, _ := strings.Cut(path, "/")
	switch {
	case path == "":
		plain(w, []byte(strings.Join(versions(), "\n")))
	case !knows(version):
		refuse(w, http.StatusNotFound)
	case rest == "user-data" && in.UserData != nil:
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(in.UserData)
	default:
		text, ok := look(tree(in), rest)
		if !ok {
			refuse(w, http.StatusNotFound)
			return
		}
		plain(w, []byte(text))
	}
}

func versions() []string {
	return []string{
		"1.0", "2007-01-19", "2007-03-01", "2007-08-29", "2007-10-10", "2007-12-15", "2008-02-01", "2008-09-01", "2009-04-04",
		"2011-01-01", "2011-05-01", "2012-01-12", "2014-02-25", "2014-11-05", "2015-10-20", "2016-04-19", "2016-06-30",
		"2016-09-02", "2018-03-28", "2018-08-17", "2018-09-24", "2019-10-01", "2020-10-27", "2021-01-03", "2021-03-23", "latest",
	}
}

func knows(version string) bool {
	for _, v := range versions() {
		if v == version {
			return true
		}
	}
	return false
}

func plain(w http.ResponseWriter, text []byte) {
	w.Header().Set("Content-Type", "text/plain")
	_, _ = w.Write(text) // a guest that is gone needs no answer
}

func refuse(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, fmt.Sprintf("<html><head><title>%d - %s</title></head><body><h1>%[1]d - %[2]s</h1></body></html>\n", status, http.StatusText(status)))
}
