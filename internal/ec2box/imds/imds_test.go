package imds

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func box() Instance {
	return Instance{
		ID: "i-0a", ImageID: "ami-0b", Type: "t3.micro", Region: "eu-west-1", Zone: "eu-west-1a", Account: "123456789012",
		Architecture: "x86_64", MAC: "52:54:00:12:34:56", PrivateIP: "169.254.0.15", PublicIP: "127.0.0.9", Hostname: "ip-169-254-0-15",
		KeyName: "mine", PublicKey: "ssh-ed25519 AAAA mine", BlockDevices: map[string]string{"ami": "xvda", "root": "/dev/xvda"},
		SecurityGroups: []string{"default", "web"}, Tags: map[string]string{"Name": "web", "a/b": "c"},
		Launched: time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC), Options: Options{TokensRequired: true, HopLimit: 1},
	}
}

// ask makes a request; the headers are written "Name: value".
func ask(t *testing.T, h http.Handler, method, path string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

const life = "X-aws-ec2-metadata-token-ttl-seconds: "

func tokenOf(t *testing.T, h http.Handler) string {
	t.Helper()
	return "X-aws-ec2-metadata-token: " + body(t, ask(t, h, "PUT", "/latest/api/token", life+"60"))
}

func TestPaths(t *testing.T) {
	in := box()
	in.Options.Tags = true
	in.Role = Role{Name: "baker", ProfileARN: "arn:p", AccessKey: "AK", SecretKey: "SK"}
	h := New(func() Instance { return in })
	token := tokenOf(t, h)
	for path, want := range map[string]string{
		"/latest/meta-data/instance-id":                                           "i-0a",
		"/2009-04-04/meta-data/ami-id":                                            "ami-0b",
		"/2021-03-23/meta-data/placement/":                                        "availability-zone\nregion",
		"/latest/meta-data/placement/availability-zone":                           "eu-west-1a",
		"/latest/meta-data/public-keys/":                                          "0=mine",
		"/latest/meta-data/public-keys":                                           "0=mine",
		"/latest/meta-data/public-keys/0/":                                        "openssh-key",
		"/latest/meta-data/public-keys/0/openssh-key":                             "ssh-ed25519 AAAA mine",
		"/latest/meta-data/block-device-mapping/":                                 "ami\nroot",
		"/latest/meta-data/block-device-mapping/root":                             "/dev/xvda",
		"/latest/meta-data/security-groups":                                       "default\nweb",
		"/latest/meta-data/network/interfaces/macs/":                              "52:54:00:12:34:56/",
		"/latest/meta-data/network/interfaces/macs/52:54:00:12:34:56/local-ipv4s": "169.254.0.15",
		"/latest/meta-data/tags/instance/Name":                                    "web",
		"/latest/meta-data/iam/":                                                  "info\nsecurity-credentials/",
		"/latest/meta-data/iam/security-credentials/":                             "baker",
		"/latest/dynamic/instance-identity/":                                      "document",
		"/latest/dynamic/instance-identity":                                       "document",
		"/latest":                                                                 "dynamic/\nmeta-data/",
		"/latest/meta-data/nonsense":                                              "404",
		"/latest/user-data":                                                       "404",
		"/2030-01-01/meta-data/":                                                  "404",
	} {
		r := ask(t, h, "GET", path, token)
		got := body(t, r)
		if r.StatusCode != 200 {
			got = r.Status[:3]
		}
		if got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	for path, part := range map[string]string{
		"/":                  "2009-04-04\n",
		"/latest/meta-data/": "\npublic-keys/\n",
		"/latest/meta-data/iam/security-credentials/baker": `"AccessKeyId": "AK"`,
		"/latest/dynamic/instance-identity/document":       `"pendingTime": "2024-05-06T07:08:09Z"`,
	} {
		if got := body(t, ask(t, h, "GET", path, token)); !strings.Contains(got, part) {
			t.Errorf("%s: no %q in %q", path, part, got)
		}
	}
	in.UserData = []byte("#!/bin/sh\n\xff")
	if got := body(t, ask(t, h, "GET", "/latest/user-data", token)); got != "#!/bin/sh\n\xff" {
		t.Errorf("user data: %q", got)
	}
	in.Options.Tags, in.PublicKey = false, ""
	for _, path := range []string{"/latest/meta-data/tags/", "/latest/meta-data/public-keys/"} {
		if r := ask(t, h, "GET", path, token); r.StatusCode != 404 {
			t.Errorf("%s: %s", path, r.Status)
		}
	}
}

func TestTokens(t *testing.T) {
	in := box()
	h := New(func() Instance { return in })
	now := time.Now()
	h.now = func() time.Time { return now }
	token := tokenOf(t, h)
	const path = "/latest/meta-data/instance-id"
	for _, c := range []struct {
		about, method, path, header string
		status                      int
	}{
		{"no token", "GET", path, "", 401},
		{"a wrong token", "GET", path, "X-aws-ec2-metadata-token: x", 401},
		{"the token", "GET", path, token, 200},
		{"HEAD", "HEAD", path, token, 200},
		{"POST", "POST", path, token, 405},
		{"GET of a token", "GET", "/latest/api/token", token, 405},
		{"no life", "PUT", "/latest/api/token", "", 400},
		{"too long", "PUT", "/latest/api/token", life + "21601", 400},
		{"too short", "PUT", "/latest/api/token", life + "0", 400},
		{"as long as can be", "PUT", "/latest/api/token", life + "21600", 200},
	} {
		if r := ask(t, h, c.method, c.path, c.header); r.StatusCode != c.status {
			t.Errorf("%s: %s, want %d", c.about, r.Status, c.status)
		}
	}
	if r := ask(t, h, "PUT", "/latest/api/token", life+"60", "X-Forwarded-For: 10.0.0.1"); r.StatusCode != 403 {
		t.Errorf("through a proxy: %s", r.Status)
	}
	now = now.Add(time.Minute)
	if r := ask(t, h, "GET", path, token); r.StatusCode != 401 {
		t.Errorf("an old token: %s", r.Status)
	}
	in.Options.TokensRequired = false
	if r := ask(t, h, "GET", path); r.StatusCode != 200 {
		t.Errorf("no token where none is required: %s", r.Status)
	}
	if r := ask(t, h, "GET", path, token); r.StatusCode != 401 {
		t.Errorf("an old token where none is required: %s", r.Status)
	}
	in.Options.Disabled = true
	if r := ask(t, h, "PUT", "/latest/api/token", life+"60"); r.StatusCode != 403 {
		t.Errorf("disabled: %s", r.Status)
	}
}

// TestPipe asks over a socket, as a guest does.
func TestPipe(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	in := box()
	in.Options.TokensRequired = false
	server := &http.Server{Handler: New(func() Instance { return in }), ReadHeaderTimeout: time.Second}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	var out bytes.Buffer
	request := "GET /latest/meta-data/instance-id HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
	if err := Pipe(t.Context(), socket, strings.NewReader(request), &out); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(&out), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got := body(t, answer); got != "i-0a" {
		t.Errorf("got %q", got)
	}
	if err := Pipe(t.Context(), socket+"-", strings.NewReader(""), &out); err == nil {
		t.Error("no error where nobody listens")
	}
}
