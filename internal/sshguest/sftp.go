package sshguest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/ovenbird-io/ovenbird/internal/guest"
)

// withSFTP calls fn with a client of the sftp subsystem; when ctx ends the
// channel is closed, which ends fn.
func (c *Client) withSFTP(ctx context.Context, fn func(*sftp.Client) error) error {
	ch, reqs, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = ch.Close() }()
	defer context.AfterFunc(ctx, func() { _ = ch.Close() })()
	go ssh.DiscardRequests(reqs)
	ok, err := ch.SendRequest("subsystem", true, ssh.Marshal(struct{ Name string }{"sftp"}))
	if err != nil {
		return errors.Join(guest.ErrLost, err)
	}
	if !ok {
		return errors.New(`the guest has no sftp; leave out ssh_file_transfer_method`)
	}
	client, err := sftp.NewClientPipe(ch, ch)
	if err != nil {
		return fmt.Errorf("starting sftp: %w", err)
	}
	defer func() { _ = client.Close() }()
	if err = fn(client); err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (c *Client) sftpUpload(ctx context.Context, name string, mode fs.FileMode, r io.Reader) error {
	err := c.withSFTP(ctx, func(client *sftp.Client) error {
		f, err := client.Create(name)
		if err != nil {
			return err
		}
		if err := client.Chmod(name, 0o600); err != nil { // nobody reads it before it has its mode
			return errors.Join(err, f.Close())
		}
		if _, err = f.ReadFrom(r); err != nil {
			return errors.Join(err, f.Close())
		}
		return errors.Join(f.Close(), client.Chmod(name, mode))
	})
	if err != nil {
		return fmt.Errorf("uploading to %s over sftp: %w", name, err)
	}
	return nil
}

func (c *Client) sftpDownload(ctx context.Context, name string, w io.Writer) error {
	err := c.withSFTP(ctx, func(client *sftp.Client) error {
		f, err := client.Open(name)
		if err != nil {
			return err
		}
		_, err = f.WriteTo(w)
		return errors.Join(err, f.Close())
	})
	if err != nil {
		return fmt.Errorf("downloading %s over sftp: %w", name, err)
	}
	return nil
}
