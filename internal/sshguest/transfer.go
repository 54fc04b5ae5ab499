package sshguest

import (
	"context"
	"io"
	"io/fs"

	"github.com/ovenbird-io/ovenbird/internal/guest"
)

// UsesSFTP says how files travel, see Target.SFTP.
func (c *Client) UsesSFTP() bool { return c.target.SFTP }

// Upload writes r to the named file with the given permission bits.
func (c *Client) Upload(ctx context.Context, name string, mode fs.FileMode, r io.Reader) error {
	if c.target.SFTP {
		return c.sftpUpload(ctx, name, mode, r)
	}
	return guest.UploadFile(ctx, c, name, r, guest.FileOptions{Mode: mode})
}

// Download copies the named file to w.
func (c *Client) Download(ctx context.Context, name string, w io.Writer) error {
	if c.target.SFTP {
		return c.sftpDownload(ctx, name, w)
	}
	return guest.DownloadFile(ctx, c, name, w, guest.Become{})
}
