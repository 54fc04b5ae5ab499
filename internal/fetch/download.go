package fetch

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
)

// place is where a download ends up: under its digest, so that it is shared by
// all templates that want the same bytes; without one, under its URL.
func (o Options) place(u *url.URL, sum Checksum) string {
	switch {
	case o.Target != "":
		return o.Target
	case sum.Type != "":
		return filepath.Join(o.Dir, sum.Type+"-"+sum.Hex)
	}
	return filepath.Join(o.Dir, fmt.Sprintf("url-%x", sha256.Sum256([]byte(u.String()))))
}

// download gets u into the cache, unless it is there.
func (o Options) download(ctx context.Context, u *url.URL, sum Checksum) (string, error) {
	final := o.place(u, sum)
	trusted := sum.Type != "" && o.Target == "" // the name proves that it was checked
	if trusted && exists(final) {
		return final, nil
	}
	if err := os.MkdirAll(filepath.Dir(final), 0o755); err != nil {
		return "", onDisk(err)
	}
	p, err := lockPart(ctx, final, func() {
		o.Out.Say("Waiting for another download of %s", path.Base(u.Path))
	})
	if err != nil {
		return "", fmt.Errorf("downloading %s: %w", u.Redacted(), err)
	}
	defer p.Close() // lifts the lock
	if exists(final) && (trusted || sum.Type != "" && o.verify(ctx, final, sum) == nil) {
		return final, p.drop()
	}
	t := &transfer{Options: o, url: u, sum: sum, part: p, final: final}
	if sum.Type == "" {
		t.have, t.partly = loadOrigin(final+".origin"), loadOrigin(final+".part.origin")
	}
	if err := t.run(ctx); err != nil {
		if size, serr := p.size(); serr == nil && size == 0 {
			err = errors.Join(err, p.drop())
		}
		return "", err
	}
	return final, nil
}

func exists(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// get sends one request. Errors name the URL without its password.
func (o Options) get(ctx context.Context, u *url.URL, headers map[string]string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "ovenbird")
	req.Header.Set("Accept-Encoding", "identity")
	for k, v := range headers {
		if v != "" {
			req.Header.Set(k, v)
		}
	}
	res, err := o.Client.Do(req)
	if err == nil {
		return res, nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if inner := (*url.Error)(nil); errors.As(err, &inner) {
		err = inner.Err // the caller says which URL
	}
	return nil, err
}
