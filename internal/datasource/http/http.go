// Package http is the data source that asks a web server.
package http

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/datasource"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// most is the size of a body in bytes above which it is refused.
const most = 16 << 20

// HTTP sends one request and tells what the server answered: url, body, and
// response_headers, a map whose values are joined with ", ". For templates of
// Packer request_headers holds the same map. A status other than 2xx is an error.
type HTTP struct {
	// Where the request goes, http or https; certificates are checked against
	// those the system trusts. Redirections are followed.
	URL string `hcl:"url"`
	// GET, HEAD, POST, PUT, DELETE, OPTIONS or PATCH. Default GET.
	Method string `hcl:"method,optional"`
	// Headers of the request, name to value.
	RequestHeaders map[string]string `hcl:"request_headers,optional"`
	// Body of the request. Default none.
	RequestBody string `hcl:"request_body,optional"`
	// How long the whole exchange may take. Default "30s".
	Timeout time.Duration `hcl:"timeout,optional"`

	body string
}

// New makes an http data source with its defaults.
func New(datasource.Env) datasource.Source {
	return &HTTP{Method: http.MethodGet, Timeout: 30 * time.Second}
}

// Validate checks the options.
func (h *HTTP) Validate() error {
	var errs []error
	if u, err := url.Parse(h.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		errs = append(errs, option.Bad("url", "It must be of the form \"https://HOST/PATH\"."))
	}
	methods := []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"}
	if !slices.Contains(methods, h.Method) {
		errs = append(errs, option.Bad("method", "%q is unknown; use any of %s.", h.Method, strings.Join(methods, ", ")))
	}
	if h.Timeout <= 0 {
		errs = append(errs, option.Bad("timeout", "It must be more than nothing."))
	}
	return errors.Join(errs...)
}

// Outputs names what Read gives.
func (*HTTP) Outputs() datasource.Outputs {
	return datasource.Outputs{
		"url": cty.String, "body": cty.String,
		"response_headers": cty.Map(cty.String), "request_headers": cty.Map(cty.String),
	}
}

// Secrets are the lines of the body, when a token or the like was sent for it.
func (h *HTTP) Secrets(sensitive bool) []string {
	if !sensitive {
		return nil
	}
	return []string{h.body}
}

// Read sends the request.
func (h *HTTP) Read(ctx context.Context, out *ui.UI) (map[string]cty.Value, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, h.Timeout, fmt.Errorf("no whole answer within %s", h.Timeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, h.Method, h.URL, strings.NewReader(h.RequestBody))
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	req.Header.Set("User-Agent", "ovenbird")
	for name, value := range h.RequestHeaders {
		req.Header.Set(name, value)
		if strings.EqualFold(name, "Host") {
			req.Host = value
		}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, h.failure(ctx, req, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, most+1))
	switch {
	case res.StatusCode < 200 || res.StatusCode > 299:
		return nil, h.failure(ctx, req, fmt.Errorf("server answered %s", res.Status))
	case err != nil:
		return nil, h.failure(ctx, req, err)
	case len(body) > most:
		return nil, h.failure(ctx, req, fmt.Errorf("the answer is larger than %d MiB", most>>20))
	case !utf8.Valid(body):
		return nil, h.failure(ctx, req, errors.New("the answer is no UTF-8 text, which a value must be"))
	}
	if kind := res.Header.Get("Content-Type"); !text(kind) {
		out.Warn("The content type is %q; only text makes sense in a template", kind)
	}
	h.body = string(body)
	headers := headers(res.Header)
	return map[string]cty.Value{
		"url": cty.StringVal(h.URL), "body": cty.StringVal(h.body),
		"response_headers": headers, "request_headers": headers,
	}, nil
}

// failure names the request, without a password in its URL.
func (h *HTTP) failure(ctx context.Context, req *http.Request, err error) error {
	if inner := (*url.Error)(nil); errors.As(err, &inner) {
		err = inner.Err // it would name the URL again
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return fmt.Errorf("%s %s: %w", h.Method, req.URL.Redacted(), err)
}

// text tells whether a content type is text, also in the forms that programs
// exchange; none given may be anything.
func text(kind string) bool {
	name, _, err := mime.ParseMediaType(kind)
	if err != nil {
		return kind == ""
	}
	name = strings.TrimPrefix(name, "application/")
	return strings.HasPrefix(name, "text/") || strings.HasSuffix(name, "+json") || strings.HasSuffix(name, "+xml") ||
		slices.Contains([]string{"json", "xml", "yaml", "x-yaml", "toml", "javascript", "x-sh"}, name)
}

func headers(all http.Header) cty.Value {
	values := map[string]cty.Value{}
	for name, list := range all {
		values[name] = cty.StringVal(strings.Join(list, ", "))
	}
	if len(values) == 0 {
		return cty.MapValEmpty(cty.String)
	}
	return cty.MapVal(values)
}
