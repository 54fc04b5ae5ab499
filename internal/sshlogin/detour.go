package sshlogin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/ovenbird-io/ovenbird/internal/guest"
)

// Reach makes a guest that is behind a bastion or a proxy known to programs of
// this machine: the login it returns is at a port of the loopback interface
// from where every connection takes the guest's own way, until end is called or
// ctx ends. A guest without such a detour keeps its address. What a connection
// fails with goes to report.
func Reach(ctx context.Context, l Login, g guest.Guest, report func(error)) (at Login, end func() error, err error) {
	d, ok := g.(guest.Detoured)
	if !ok || d.Detour() == nil {
		return l, func() error { return nil }, nil
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return l, nil, fmt.Errorf("opening a port for the way to the guest: %w", err)
	}
	if l.Host, l.Port, err = net.SplitHostPort(listener.Addr().String()); err != nil {
		return l, nil, errors.Join(err, listener.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return // closed
			}
			all.Go(func() {
				if err := join(ctx, near, d.Detour()); err != nil && ctx.Err() == nil {
					report(err)
				}
			})
		}
	})
	return l, func() error {
		cancel()
		err := listener.Close()
		all.Wait()
		return err
	}, nil
}

// join connects near with what dial reaches, until one of them or ctx ends.
func join(ctx context.Context, near net.Conn, dial func(context.Context) (net.Conn, error)) error {
	defer near.Close()
	far, err := dial(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer cancel()
		_, _ = io.Copy(far, near) // a connection that breaks has ended
	}()
	go func() {
		defer cancel()
		_, _ = io.Copy(near, far)
	}()
	<-ctx.Done()
	_ = far.Close() // it may have broken
	return nil
}
