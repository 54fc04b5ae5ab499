package fileserver

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// get asks a server, with its own client so that no connection is kept.
func get(t *testing.T, port int, path string) (status int, body string, err error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d%s", port, path), nil)
	if err != nil {
		return 0, "", err
	}
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(b), err
}

func TestServe(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"preseed.cfg": "d-i", "sub/late.sh": "#!/bin/sh"} {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	texts := map[string]string{"/user-data": "#cloud-config\n", "meta-data": "", "/a/../ks.cfg": "install"}
	for name, c := range map[string]struct {
		o      Options
		path   string
		status int
		body   string // part of it
	}{
		"file":           {Options{Directory: dir}, "/preseed.cfg", 200, "d-i"},
		"file below":     {Options{Directory: dir}, "/sub/late.sh", 200, "#!/bin/sh"},
		"listing":        {Options{Directory: dir}, "/", 200, "preseed.cfg"},
		"no file":        {Options{Directory: dir}, "/none", 404, ""},
		"outside":        {Options{Directory: dir}, "/../../../../etc/passwd", 404, ""},
		"text":           {Options{Content: texts}, "/user-data", 200, "#cloud-config\n"},
		"unclean path":   {Options{Content: texts}, "//x/../user-data", 200, "#cloud-config\n"},
		"no slash":       {Options{Content: texts}, "/meta-data", 200, ""},
		"unclean name":   {Options{Content: texts}, "/ks.cfg", 200, "install"},
		"suggestion":     {Options{Content: texts}, "/userdata", 404, "/userdata is not in http_content; did you mean /user-data?"},
		"nothing at all": {Options{}, "/x", 404, "nothing is served"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Start(t.Context(), c.o)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			status, body, err := get(t, s.Port(), c.path)
			if err != nil || status != c.status || !strings.Contains(body, c.body) {
				t.Errorf("got %d %q, error %v", status, body, err)
			}
		})
	}
}

func TestStop(t *testing.T) {
	for name, stop := range map[string]func(*Server, context.CancelFunc) error{
		"close":         func(s *Server, _ context.CancelFunc) error { return s.Close() },
		"close twice":   func(s *Server, _ context.CancelFunc) error { s.Close(); return s.Close() },
		"context ended": func(s *Server, cancel context.CancelFunc) error { cancel(); return s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			s, err := Start(ctx, Options{Content: map[string]string{"/a": "b"}})
			if err != nil {
				t.Fatal(err)
			}
			if _, body, err := get(t, s.Port(), "/a"); err != nil || body != "b" {
				t.Fatalf("got %q, error %v", body, err)
			}
			if err := stop(s, cancel); err != nil {
				t.Errorf("stopping: %s", err)
			}
			if status, _, err := get(t, s.Port(), "/a"); err == nil {
				t.Errorf("still answers, with %d", status)
			}
		})
	}
}

func TestPorts(t *testing.T) {
	busy, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	taken := busy.Addr().(*net.TCPAddr).Port
	s, err := Start(t.Context(), Options{PortMin: taken, PortMax: taken + 50})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Port() <= taken || s.Port() > taken+50 {
		t.Errorf("port is %d", s.Port())
	}
	want := fmt.Sprintf("a port from %d to %d", taken, taken)
	if _, err := Start(t.Context(), Options{PortMin: taken, PortMax: taken}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v", err)
	}
}

func TestStartRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]Options{
		"not both":        {Directory: ".", Content: map[string]string{"a": "b"}},
		"no such file":    {Directory: "/nonexistent"},
		"is no directory": {Directory: file},
	} {
		if _, err := Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error is %v", o, err)
		}
	}
}
