package machine

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/imds"
)

// fakeVariable makes this test program a QEMU without a guest: its value is
// what the guest does when the power button is pressed.
const fakeVariable = "OVENBIRD_FAKE_QEMU"

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "pipe" {
		if err := imds.Pipe(context.Background(), os.Args[2], os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	if button := os.Getenv(fakeVariable); button != "" {
		os.Exit(fakeQEMU(button, os.Args[1:]))
	}
	os.Exit(m.Run())
}

// fakeQEMU speaks QMP on its descriptor; its guest asks for its id as a guest
// does, and writes the answer to its console.
func fakeQEMU(button string, args []string) int {
	if button == "refuse" {
		fmt.Fprintln(os.Stderr, "no such machine")
		return 1
	}
	if err := askMetadata(args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	monitor := os.NewFile(monitorFD, "monitor")
	fmt.Fprintln(monitor, `{"QMP": {"version": {}, "capabilities": []}}`)
	for in := json.NewDecoder(bufio.NewReader(monitor)); ; {
		var c struct{ Execute string }
		if in.Decode(&c) != nil {
			return 0
		}
		fmt.Fprintln(monitor, `{"return": {}}`)
		if c.Execute == "system_powerdown" && button == "off" {
			return 0
		}
	}
}

// askMetadata does what QEMU does for a connection of the guest.
func askMetadata(args []string) error {
	helper, console := "", ""
	for _, a := range args {
		if _, after, ok := strings.Cut(a, "guestfwd=tcp:169.254.169.254:80-cmd:"); ok {
			helper = after
		}
		if _, after, ok := strings.Cut(a, "append=on,path="); ok {
			console = after
		}
	}
	cmd := exec.CommandContext(context.Background(), "/bin/sh", "-c", helper)
	cmd.Stdin = strings.NewReader("GET /latest/meta-data/instance-id HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	answer, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("asking for the metadata with %s: %w", helper, err)
	}
	f, err := os.OpenFile(console, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(answer)
	return err
}
