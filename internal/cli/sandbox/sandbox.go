package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/ec2box"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/machine"
	"github.com/ovenbird-io/ovenbird/internal/filelock"
	"github.com/ovenbird-io/ovenbird/internal/flags"
	"github.com/ovenbird-io/ovenbird/internal/folder"
	"github.com/ovenbird-io/ovenbird/internal/scratch"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/internal/undo"
)

// endLimit is how long all machines may take to end.
const endLimit = 20 * time.Second

// short is how long states take that nothing has to be done for: long enough
// for a client to see them.
const short = 300 * time.Millisecond

// Run serves until ctx ends, or until the user's command has ended. Machines do
// not outlive it.
func Run(ctx context.Context, o Options, out *ui.Root) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	var undos undo.Stack
	defer func() {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), endLimit)
		defer cancel()
		err = errors.Join(err, undos.Run(limited))
	}()
	dir, err := o.folder(&undos)
	if err != nil {
		return err
	}
	server, err := o.open(dir, &undos, out)
	if err != nil {
		return err
	}
	for _, one := range o.Images {
		name, path, _ := strings.Cut(one, "=")
		id, err := server.AddImage(ctx, ec2box.Image{Name: name, Path: path, Public: true})
		if err != nil {
			return err
		}
		out.Aside("ec2box").Say("%s is the AMI %s", name, id)
	}
	endpoint, err := o.listen(ctx, server, &undos)
	if err != nil {
		return err
	}
	env := environment(endpoint, o.Regions[0], ec2box.AccessKey, ec2box.SecretKey)
	if len(o.Command) > 0 {
		return o.runCommand(ctx, env)
	}
	out.Result("export " + strings.Join(env, "\nexport "))
	<-ctx.Done()
	return nil
}

// folder is where the state is kept, ours alone.
func (o *Options) folder(undos *undo.Stack) (string, error) {
	if o.Dir == "" {
		if err := folder.Private(o.Parent); err != nil {
			return "", fmt.Errorf("making the folder of the sandbox: %w", err)
		}
		dir, err := scratch.New(o.Parent, "ec2box-")
		if err != nil {
			return "", err
		}
		undos.Push(func(context.Context) error { return dir.Remove() })
		return dir.Path, nil
	}
	if err := folder.Private(o.Dir); err != nil {
		return "", fmt.Errorf("making the folder of the sandbox: %w", err)
	}
	lock, err := filelock.Acquire(filepath.Join(o.Dir, "lock"), filelock.TryExclusive)
	if err != nil {
		return "", fmt.Errorf("locking the folder of the sandbox: %w", err)
	}
	if lock == nil {
		return "", fmt.Errorf("another sandbox runs in %s; end it, or give this one another -dir", o.Dir)
	}
	undos.Push(func(context.Context) error { return lock.Close() })
	return o.Dir, nil
}

// open makes the server and what its instances run on.
func (o *Options) open(dir string, undos *undo.Stack, out *ui.Root) (*ec2box.Server, error) {
	consoles := filepath.Join(dir, "consoles")
	if err := folder.Private(consoles); err != nil {
		return nil, fmt.Errorf("making the folder of consoles: %w", err)
	}
	machines, err := machine.New(machine.Options{
		Dir: consoles, Accel: o.Accel, Helper: []string{o.Program, Helper}, MemoryMiB: o.Memory, Ports: o.Ports,
	})
	if err != nil {
		return nil, err
	}
	undos.Push(machines.Close)
	log := func(line string) { out.Aside("ec2box").Detail("%s", line) }
	if len(o.Command) > 0 {
		log = out.Debug // what the command says is what matters
	}
	server, err := ec2box.New(ec2box.Options{
		Dir: dir, Regions: o.Regions, Account: o.Account, Machines: machines,
		Timing: ec2box.Timing{Pending: short, Stopping: short, Shutting: short, Image: short, Snapshot: short, Volume: short},
		Log:    log,
	})
	if err != nil {
		return nil, err
	}
	undos.Push(server.Close)
	return server, nil
}

// listen serves on loopback only: whoever can reach the sandbox can run machines.
func (o *Options) listen(ctx context.Context, handler http.Handler, undos *undo.Stack) (endpoint string, err error) {
	host, _, err := net.SplitHostPort(o.Listen)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", flags.Misuse("-listen is %q; use a loopback address with a port, such as 127.0.0.1:0", o.Listen)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return "", fmt.Errorf("serving the sandbox: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }() // until it is closed
	undos.Push(func(ctx context.Context) error { return errors.Join(server.Shutdown(ctx), server.Close()) })
	return "http://" + listener.Addr().String(), nil
}
