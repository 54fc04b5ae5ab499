// Package fetch gets disk images and other files a template names: from a URL
// through a cache, or from a path, always checked before use.
package fetch

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/stall"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Options say what to get.
type Options struct {
	URLs     []string // http, https or file URLs, or paths; tried in order
	Checksum string   // see ParseChecksum
	Dir      string   // of the cache; made when needed
	Base     string   // what relative paths are relative to; "" is the working directory
	Target   string   // where a download goes instead of the cache; without an extension it is a folder
	Out      *ui.UI

	Client *http.Client  // nil: one that honours the proxy variables
	Stall  time.Duration // give a server up after so long without a byte; 0 is one minute
}

// File gets the first of the URLs that can be had and returns its path. Local
// files are used in place. Downloads are resumed, checked while they stream,
// kept under their digest, and done once however many builds want them. When
// ctx ends, the unfinished download stays, with the ending ".part".
func File(ctx context.Context, o Options) (string, error) {
	sum, err := ParseChecksum(o.Checksum)
	if err != nil {
		return "", err
	}
	if len(o.URLs) == 0 {
		return "", errors.New("no URL to get a file from")
	}
	if info, err := os.Stat(o.Target); o.Target != "" && (filepath.Ext(o.Target) == "" || err == nil && info.IsDir()) {
		o.Dir, o.Target = o.Target, ""
	}
	if o.Stall == 0 {
		o.Stall = time.Minute
	}
	if o.Client == nil {
		o.Client = client()
	}
	var errs []error
	for _, raw := range o.URLs {
		name, err := o.one(ctx, raw, sum)
		if err == nil {
			return name, nil
		}
		errs = append(errs, err)
		if fatal := (*diskError)(nil); ctx.Err() != nil || errors.As(err, &fatal) {
			break
		}
		if len(errs) < len(o.URLs) {
			o.Out.Warn("%s; trying the next URL", err)
		}
	}
	return "", errors.Join(errs...)
}

// client never asks for compressed bodies: ranges and digests are about the
// bytes as they are stored.
func client() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableCompression = true
	return &http.Client{Transport: t}
}

// one gets a single URL.
func (o Options) one(ctx context.Context, raw string, sum Checksum) (string, error) {
	u, local, err := o.locate(raw)
	if err != nil {
		return "", err
	}
	if sum, err = o.resolve(ctx, sum, u, local); err != nil {
		return "", err
	}
	if u != nil {
		return o.download(ctx, u, sum)
	}
	return local, o.verify(ctx, local, sum)
}

// locate tells a web address, u, from a local path.
func (o Options) locate(raw string) (u *url.URL, local string, err error) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		if rest, ok := strings.CutPrefix(raw, "file:"); ok {
			raw = rest
		}
		return nil, o.under(raw), nil
	}
	switch strings.ToLower(scheme) {
	case "file":
		if rest, err = url.PathUnescape(strings.TrimPrefix(rest, "localhost")); err != nil {
			return nil, "", fmt.Errorf("reading URL %q: %w", raw, err)
		}
		return nil, o.under(rest), nil
	case "http", "https":
	default:
		return nil, "", fmt.Errorf("URL %q: scheme %q is not supported; use http, https, file or a path", raw, scheme)
	}
	if u, err = url.Parse(raw); err != nil {
		return nil, "", fmt.Errorf("reading URL: %w", err)
	}
	if u.Host == "" {
		return nil, "", fmt.Errorf("URL %q names no host", raw)
	}
	return plainFile(u)
}

// plainFile takes out the query parameter by which templates say that an
// archive shall not be unpacked, and refuses archives that do not say so.
func plainFile(u *url.URL) (*url.URL, string, error) {
	query := u.Query()
	if query.Has("archive") {
		query.Del("archive")
		u.RawQuery = query.Encode()
		return u, "", nil
	}
	if slices.Contains([]string{".gz", ".bz2", ".xz", ".zst", ".zip", ".tar", ".tgz"}, path.Ext(u.Path)) {
		return nil, "", fmt.Errorf("URL %q is an archive, and archives are not unpacked yet; add ?archive=false to take the file as it is", u.Redacted())
	}
	return u, "", nil
}

// under makes a path of the template usable here.
func (o Options) under(name string) string {
	if filepath.IsAbs(name) || o.Base == "" {
		return name
	}
	return filepath.Join(o.Base, name)
}

// resolve looks a file up in a list of checksums.
func (o Options) resolve(ctx context.Context, sum Checksum, u *url.URL, local string) (Checksum, error) {
	if sum.List == "" {
		return sum, nil
	}
	name := filepath.Base(local)
	if u != nil {
		name = path.Base(u.Path)
	}
	list, err := o.list(ctx, sum.List)
	if err != nil {
		return sum, fmt.Errorf("reading checksums in %s: %w", sum.List, err)
	}
	found, ok := pick(list, name)
	if !ok {
		return sum, fmt.Errorf("%s has no checksum of %s", sum.List, name)
	}
	return found, nil
}

func (o Options) list(ctx context.Context, where string) ([]entry, error) {
	u, local, err := o.locate(where)
	if err != nil {
		return nil, err
	}
	if u == nil {
		f, err := os.Open(local)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return readList(f)
	}
	ctx, watch := stall.Start(ctx, o.Stall)
	defer watch.Stop()
	res, err := o.get(ctx, u, nil)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("server answered %s", res.Status)
	}
	const most = 10 << 20
	return readList(io.LimitReader(watch.Reader(res.Body), most))
}

// verify checks a file in place.
func (o Options) verify(ctx context.Context, name string, sum Checksum) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return fmt.Errorf("%s is a folder, not an image", name)
	}
	if sum.None() {
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	bar := o.Out.Progress("checking "+filepath.Base(name), info.Size())
	defer bar.Close()
	h, _ := NewHash(sum.Type)
	if _, err := io.Copy(io.MultiWriter(h, bar), cancellable{ctx, f}); err != nil {
		return fmt.Errorf("checking %s: %w", name, err)
	}
	return sum.check(name, hex.EncodeToString(h.Sum(nil)))
}

// MismatchError is a file that is not what its checksum promises.
type MismatchError struct {
	Source    string // URL or path
	Want, Got Checksum
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("%s has %s %s, but %s was expected", e.Source, e.Got.Type, e.Got.Hex, e.Want.Hex)
}

func (c Checksum) check(source, got string) error {
	if c.Type == "" || c.Hex == got {
		return nil
	}
	return &MismatchError{Source: source, Want: c, Got: Checksum{Type: c.Type, Hex: got}}
}

// cancellable is a reader that ends with its context.
type cancellable struct {
	ctx context.Context
	r   io.Reader
}

func (c cancellable) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, context.Cause(c.ctx)
	}
	return c.r.Read(b)
}
