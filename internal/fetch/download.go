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

	"github.com/ovenbird-io/ovenbird/internal/netrc"
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
	shared := sum.Type != "" && o.Target == ""
	if shared && stamped(final) {
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
	ok, err := o.kept(ctx, final, sum, shared)
	if err != nil {
		return "", err
	}
	if ok {
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
	if shared {
		return final, stamp(final)
	}
	return final, nil
}

// kept tells whether the file is there and is what it should be. One in the
// cache is read again only if it was touched since it was checked.
func (o Options) kept(ctx context.Context, final string, sum Checksum, shared bool) (bool, error) {
	if sum.Type == "" || !exists(final) {
		return false, nil
	}
	if shared && stamped(final) {
		return true, nil
	}
	err := o.verify(ctx, final, sum)
	switch {
	case err == nil && shared:
		return true, stamp(final)
	case ctx.Err() != nil:
		return false, context.Cause(ctx)
	case err != nil && shared:
		o.Out.Warn("The copy in the cache is damaged: %s; getting it again", err)
	}
	return err == nil, nil
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
	if err := o.logIn(req); err != nil {
		return nil, err
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

// logIn adds the login that the user keeps for the server, unless the URL has
// one. It is not sent on to the hosts that a server redirects to.
func (o Options) logIn(req *http.Request) error {
	if _, has := req.URL.User.Password(); has {
		return nil
	}
	login, ok, err := netrc.For(req.URL.Hostname(), req.URL.User.Username())
	if ok {
		o.Out.Hide(login.Password)
		req.SetBasicAuth(login.User, login.Password)
	}
	return err
}
