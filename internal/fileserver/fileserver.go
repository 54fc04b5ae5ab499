// Package fileserver serves a builder's http_directory or http_content to the
// machine being baked.
package fileserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agext/levenshtein"
)

// Options say what to serve and where. Exactly one of Directory and Content is
// set.
type Options struct {
	Directory string            // served with listings
	Content   map[string]string // path to text; other paths are a 404 that suggests a near one
	Address   string            // to listen on; "" is 127.0.0.1, which a QEMU guest reaches as 10.0.2.2
	// The first free port from PortMin to PortMax is taken; both 0 let the
	// kernel choose, which cannot collide with anybody.
	PortMin, PortMax int
}

// Server is a running file server; Close it.
type Server struct {
	port int
	http *http.Server
	done chan error
}

// Start listens and serves until Close, or until ctx ends.
func Start(ctx context.Context, o Options) (*Server, error) {
	handler, err := o.handler()
	if err != nil {
		return nil, err
	}
	l, err := o.listen(ctx)
	if err != nil {
		return nil, err
	}
	s := &Server{
		port: l.Addr().(*net.TCPAddr).Port,
		http: &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute},
		done: make(chan error, 1),
	}
	go func() { s.done <- s.http.Serve(l) }()
	context.AfterFunc(ctx, func() { _ = s.http.Close() }) // Close reports what Serve said
	return s, nil
}

// Port is where the server listens.
func (s *Server) Port() int { return s.port }

// Close stops serving at once, transfers included. It may be called twice.
func (s *Server) Close() error {
	err := s.http.Close()
	served := <-s.done
	s.done <- served
	if errors.Is(served, http.ErrServerClosed) {
		served = nil
	}
	return errors.Join(err, served)
}

func (o Options) handler() (http.Handler, error) {
	switch {
	case o.Directory != "" && len(o.Content) > 0:
		return nil, errors.New("a file server serves a directory or given content, not both")
	case o.Directory == "":
		return newContent(o.Content), nil
	}
	info, err := os.Stat(o.Directory)
	if err != nil {
		return nil, fmt.Errorf("serving files: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("serving files: %s is no directory", o.Directory)
	}
	return http.FileServer(http.Dir(o.Directory)), nil
}

func (o Options) listen(ctx context.Context) (net.Listener, error) {
	address := o.Address
	if address == "" {
		address = "127.0.0.1"
	}
	var config net.ListenConfig
	var last error
	for port := o.PortMin; port <= max(o.PortMin, o.PortMax); port++ {
		l, err := config.Listen(ctx, "tcp", net.JoinHostPort(address, strconv.Itoa(port)))
		if err == nil {
			return l, nil
		}
		last = err
	}
	return nil, fmt.Errorf("serving files on a port from %d to %d: %w", o.PortMin, max(o.PortMin, o.PortMax), last)
}

// content serves texts under exact, cleaned paths.
type content map[string]string

func newContent(texts map[string]string) content {
	c := content{}
	for name, text := range texts {
		c[path.Clean("/"+name)] = text
	}
	return c
}

func (c content) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := path.Clean("/" + r.URL.Path)
	text, ok := c[name]
	if !ok {
		http.Error(w, c.missing(name), http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	http.ServeContent(w, r, "", time.Time{}, io.NewSectionReader(strings.NewReader(text), 0, int64(len(text))))
}

// missing says what there is, the nearest name first.
func (c content) missing(name string) string {
	if len(c) == 0 {
		return "nothing is served here"
	}
	distance := func(s string) int { return levenshtein.Distance(name, s, nil) }
	near := slices.MinFunc(slices.Sorted(maps.Keys(c)), func(a, b string) int { return distance(a) - distance(b) })
	return fmt.Sprintf("%s is not in http_content; did you mean %s?", name, near)
}
