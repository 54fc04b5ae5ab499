package http

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/datasource"
	"github.com/ovenbird-io/ovenbird/internal/option"
)

func handle(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/echo":
		body, _ := io.ReadAll(r.Body)
		w.Header().Add("X-Two", "a")
		w.Header().Add("X-Two", "b")
		_, _ = io.WriteString(w, r.Method+" "+r.Header.Get("Authorization")+" "+string(body))
	case "/moved":
		http.Redirect(w, r, "/echo", http.StatusFound)
	case "/large":
		_, _ = io.Copy(w, io.LimitReader(zeros{}, most+1))
	case "/binary":
		_, _ = w.Write([]byte{0xff, 0xfe})
	case "/slow":
		<-r.Context().Done()
	default:
		http.NotFound(w, r)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestRead(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(handle))
	defer server.Close()
	cases := []struct {
		path        string
		set         func(*HTTP)
		body, fails string
	}{
		{path: "/echo", body: "GET  "},
		{path: "/moved", body: "GET  "},
		{path: "/echo", body: "POST token payload", set: func(h *HTTP) {
			h.Method, h.RequestBody, h.RequestHeaders = "POST", "payload", map[string]string{"authorization": "token"}
		}},
		{path: "/none", fails: "/none: server answered 404 Not Found"},
		{path: "/large", fails: "larger than 16 MiB"},
		{path: "/binary", fails: "no UTF-8 text"},
		{path: "/slow", fails: "no whole answer within 50ms", set: func(h *HTTP) { h.Timeout = 50 * time.Millisecond }},
		{path: "/none", fails: "http://user:xxxxx@", set: func(h *HTTP) { h.URL = strings.Replace(h.URL, "//", "//user:secret@", 1) }},
	}
	for _, c := range cases {
		h := New(datasource.Env{}).(*HTTP)
		h.URL = server.URL + c.path
		if c.set != nil {
			c.set(h)
		}
		if err := h.Validate(); err != nil {
			t.Fatalf("%s: %v", c.path, err)
		}
		got, err := h.Read(t.Context(), nil)
		if c.fails != "" {
			if err == nil || !strings.Contains(err.Error(), c.fails) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: got %v; want %q", c.path, err, c.fails)
			}
			continue
		}
		if err != nil || got["body"].AsString() != c.body || got["url"].AsString() != h.URL {
			t.Errorf("%s: got %v, %v; want the body %q", c.path, got, err, c.body)
			continue
		}
		if two := got["response_headers"].Index(cty.StringVal("X-Two")).AsString(); two != "a, b" {
			t.Errorf("%s: X-Two is %q", c.path, two)
		}
		if secrets := h.Secrets(true); len(secrets) != 1 || secrets[0] != c.body || h.Secrets(false) != nil {
			t.Errorf("%s: secrets are %q", c.path, secrets)
		}
		for name, kind := range h.Outputs() {
			if !got[name].Type().Equals(kind) {
				t.Errorf("%s: %s is %#v; want a %s", c.path, name, got[name], kind.FriendlyName())
			}
		}
	}
}

func TestReadCancelled(t *testing.T) {
	started := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(started)
		<-r.Context().Done()
	}))
	defer server.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { <-started; cancel(errors.New("interrupted")) }()
	h := New(datasource.Env{}).(*HTTP)
	h.URL = server.URL
	if _, err := h.Read(ctx, nil); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("got %v", err)
	}
}

func TestValidate(t *testing.T) {
	h := &HTTP{URL: "ftp://x", Method: "BREW"}
	var names []string
	for _, p := range option.Problems(h.Validate()) {
		names = append(names, p.Option)
	}
	if got := strings.Join(names, " "); got != "url method timeout" {
		t.Errorf("problems with %q", got)
	}
}

func TestText(t *testing.T) {
	for kind, want := range map[string]bool{
		"": true, "text/plain; charset=utf-8": true, "application/json": true, "application/vnd.api+json": true,
		"application/octet-stream": false, "image/png": false,
	} {
		if text(kind) != want {
			t.Errorf("text(%q) is %t", kind, !want)
		}
	}
}
