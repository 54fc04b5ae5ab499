package fetch

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/stall"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// transfer brings one URL into one locked part file.
type transfer struct {
	Options
	url   *url.URL
	sum   Checksum
	part  *part
	final string

	have, partly origin // without a digest: of the final file and of the part
}

// errRestart says that the part had to be thrown away and nothing else is wrong.
var errRestart = errors.New("starting over")

// errUnchanged says that the server still has what the cache has.
var errUnchanged = errors.New("not modified")

// cutError is a connection that broke in the middle; going on may help.
type cutError struct{ err error }

func (e *cutError) Error() string { return "the connection broke: " + e.err.Error() }
func (e *cutError) Unwrap() error { return e.err }

// run transfers, going on where a broken connection stopped for as long as
// each attempt brings something, and starting over once if the piece that was
// there turns out to be of another file.
func (t *transfer) run(ctx context.Context) error {
	for restarted := false; ; {
		before, err := t.part.size()
		if err != nil {
			return err
		}
		err = t.attempt(ctx, before)
		var mismatch *MismatchError
		var cut *cutError
		switch {
		case err == nil:
			return t.finish()
		case errors.Is(err, errUnchanged):
			return t.part.drop()
		case errors.As(err, &mismatch), errors.Is(err, errRestart):
			if rerr := t.part.restart(); rerr != nil {
				return rerr
			}
			if before > 0 && !restarted {
				restarted = true
				continue
			}
			return err
		case errors.As(err, &cut):
			if after, serr := t.part.size(); serr == nil && after > before {
				t.Out.Detail("%s; going on at byte %d", err, after)
				continue
			}
		}
		return t.offline(ctx, fmt.Errorf("downloading %s: %w", t.url.Redacted(), err))
	}
}

// offline uses an older copy of an unchecked file when its server cannot be
// reached at all.
func (t *transfer) offline(ctx context.Context, err error) error {
	size, serr := t.part.size()
	var status *statusError
	if ctx.Err() != nil || errors.As(err, &status) || serr != nil || size > 0 || t.sum.Type != "" || t.Target != "" || !exists(t.final) {
		return err
	}
	t.Out.Warn("%s; using the copy in the cache, which may be out of date", err)
	return t.part.drop()
}

func (t *transfer) finish() error {
	if err := t.part.finish(t.final); err != nil {
		return err
	}
	if t.sum.Type != "" {
		return nil
	}
	// In this order: a new file with old validators is only fetched again.
	err := os.Rename(t.final+".part.origin", t.final+".origin")
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return onDisk(err)
}

// statusError is an answer other than the file.
type statusError struct{ status string }

func (e *statusError) Error() string { return "server answered " + e.status }

// attempt is one request, going on at offset.
func (t *transfer) attempt(ctx context.Context, offset int64) error {
	ctx, watch := stall.Start(ctx, t.Stall)
	defer watch.Stop()
	res, err := t.get(ctx, t.url, t.headers(offset))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode == http.StatusNotModified && exists(t.final):
		return errUnchanged
	case res.StatusCode == http.StatusPartialContent && offset > 0:
		if !strings.HasPrefix(res.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", offset)) {
			return errRestart
		}
	case res.StatusCode == http.StatusRequestedRangeNotSatisfiable && offset > 0:
		return t.complete(ctx, offset, res.Header.Get("Content-Range"))
	case res.StatusCode == http.StatusOK:
		if err := t.part.restart(); err != nil {
			return err
		}
		offset = 0
	default:
		return &statusError{res.Status}
	}
	if err := t.remember(res); err != nil {
		return err
	}
	total := int64(-1)
	if res.ContentLength >= 0 {
		total = offset + res.ContentLength
	}
	return t.receive(ctx, offset, total, watch.Reader(res.Body))
}

// headers ask for the rest of the part, or whether the file has changed.
func (t *transfer) headers(offset int64) map[string]string {
	if t.sum.Type != "" {
		if offset == 0 {
			return nil
		}
		return map[string]string{"Range": fmt.Sprintf("bytes=%d-", offset)}
	}
	if exists(t.final) && t.Target == "" {
		return map[string]string{"If-None-Match": t.have.ETag, "If-Modified-Since": t.have.Modified}
	}
	if v := t.partly.validator(); offset > 0 && v != "" {
		return map[string]string{"Range": fmt.Sprintf("bytes=%d-", offset), "If-Range": v}
	}
	return nil
}

// complete handles a server that has nothing after offset: the part is all of
// the file, or no piece of it.
func (t *transfer) complete(ctx context.Context, offset int64, contentRange string) error {
	if contentRange != fmt.Sprintf("bytes */%d", offset) {
		return errRestart
	}
	return t.receive(ctx, offset, offset, strings.NewReader(""))
}

// remember keeps the server's validators of a file without a digest.
func (t *transfer) remember(res *http.Response) error {
	if t.sum.Type != "" || t.Target != "" {
		return nil
	}
	t.partly = origin{ETag: res.Header.Get("ETag"), Modified: res.Header.Get("Last-Modified")}
	return t.partly.save(t.final + ".part.origin")
}

// receive appends the body to the part and checks the digest of the whole.
func (t *transfer) receive(ctx context.Context, offset, total int64, body io.Reader) error {
	bar := t.Out.Progress(path.Base(t.url.Path), total)
	defer bar.Close()
	h, checked := NewHash(t.sum.Type)
	if checked {
		if _, err := t.part.Seek(0, io.SeekStart); err != nil {
			return onDisk(err)
		}
		if _, err := io.CopyN(h, cancellable{ctx, t.part}, offset); err != nil {
			return onDisk(err)
		}
	}
	if _, err := t.part.Seek(offset, io.SeekStart); err != nil {
		return onDisk(err)
	}
	bar.Add(offset)
	if err := t.copy(ctx, h, bar, body); err != nil {
		return err
	}
	if !checked {
		return nil
	}
	return t.sum.check(t.url.Redacted(), hex.EncodeToString(h.Sum(nil)))
}

// copy tells the server's failures from the disk's.
func (t *transfer) copy(ctx context.Context, h hash.Hash, bar *ui.Progress, body io.Reader) error {
	buf := make([]byte, 256<<10)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			if _, werr := t.part.Write(buf[:n]); werr != nil {
				return onDisk(werr)
			}
			if h != nil {
				h.Write(buf[:n])
			}
			bar.Add(int64(n))
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil && context.Cause(ctx) != nil:
			return context.Cause(ctx)
		case err != nil:
			return &cutError{err}
		}
	}
}
