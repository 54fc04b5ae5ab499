// Command demo boots a baked web appliance once, with settings from cloud-init,
// and prints what its service answers: demo DISK.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/ovenbird-io/ovenbird/acceptance/machine"
)

// patience is for emulation on two slow cores; a real machine takes seconds.
const patience = 6 * time.Minute

const userData = `#cloud-config
write_files:
  - path: /etc/appliance/config
    content: |
      site_title=Freshly baked
      site_message=This page was configured by cloud-init at first boot.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: demo DISK")
		os.Exit(2)
	}
	if err := run(ctx, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, disk string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	dir, err := os.MkdirTemp("", "ovenbird-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	began := time.Now()
	m, err := machine.Start(ctx, machine.Options{Disk: disk, Dir: dir, UserData: userData, Port: 80})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Stop()) }()
	fmt.Printf("demo: booting %s, reachable at %s\n", disk, m.URL)
	page, err := m.Get(ctx, "/", func(status int, body string) bool { return status == 200 && strings.Contains(body, "Freshly baked") })
	if err != nil {
		return err
	}
	health, err := m.Get(ctx, "/health", func(status int, _ string) bool { return status == 200 })
	if err != nil {
		return err
	}
	fmt.Printf("demo: GET / after %.0f s:\n%s\ndemo: GET /health:\n%s\n", time.Since(began).Seconds(), page, health)
	if !strings.Contains(health, `"status": "healthy"`) {
		return errors.New("the appliance is not healthy")
	}
	fmt.Println("demo: the appliance was baked, booted, and answers")
	return nil
}
