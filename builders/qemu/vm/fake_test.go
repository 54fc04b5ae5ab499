package vm

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
)

// fakeVariable makes this test program a QEMU without a guest.
const fakeVariable = "OVENBIRD_FAKE_QEMU"

func TestMain(m *testing.M) {
	if os.Getenv(fakeVariable) != "" {
		os.Exit(fakeQEMU(os.Args[1]))
	}
	os.Exit(m.Run())
}

const fakeTable = "  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r\n" +
	"  TCP[HOST_FORWARD]  12       127.0.0.1 40723       10.0.2.15    22     0     0\r\n"

// fakeMemory is what the memory of a fake machine is.
const fakeMemory = "all that the guest knows"

type fakeCommand struct {
	Execute   string         `json:"execute"`
	Arguments map[string]any `json:"arguments"`
}

// fake is a QEMU. The button is what its power button does, or which command
// fails.
type fake struct {
	button string
	nodes  map[any]bool // the block devices there are
	status string       // of the machine: "running", "paused" or what was loaded

	mu   sync.Mutex
	conn net.Conn
}

func (f *fake) say(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fmt.Fprintf(f.conn, format+"\n", args...)
}

func (f *fake) event(name, data string) {
	f.say(`{"event": %q, "data": %s, "timestamp": {"seconds": 1, "microseconds": 0}}`, name, data)
}

// fakeQEMU speaks QMP on descriptor 3. The power button makes happen what the
// test wants.
func fakeQEMU(button string) int {
	if button == "refuse" {
		fmt.Fprintln(os.Stderr, "no such machine")
		return 1
	}
	listener, err := net.FileListener(os.NewFile(3, "monitor"))
	if err != nil {
		return 2
	}
	conn, err := listener.Accept()
	if err != nil {
		return 2
	}
	f := &fake{button: button, nodes: map[any]bool{"disk0": true, "disk1": true}, status: "running", conn: conn}
	f.say(`{"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}, "package": ""}, "capabilities": []}}`)
	for in := json.NewDecoder(conn); ; { // as QEMU's, commands need not end their line
		var c fakeCommand
		if in.Decode(&c) != nil {
			return 0
		}
		answer, problem := f.obey(c)
		if problem != "" {
			f.say(`{"error": {"class": "GenericError", "desc": %q}}`, problem)
			continue
		}
		if button == "hang:"+c.Execute {
			continue
		}
		f.say(`{"return": %s}`, answer)
		switch c.Execute {
		case "device_del":
			f.event("DEVICE_DELETED", fmt.Sprintf(`{"device": %q}`, c.Arguments["id"]))
		case "migrate":
			go f.send(strings.TrimPrefix(c.Arguments["uri"].(string), "unix:"))
		case "migrate-incoming":
			if code := f.load(); code != 0 {
				return code
			}
		case "system_powerdown":
			if code, ends := f.press(); ends {
				return code
			}
		}
	}
}

// press does what the power button does.
func (f *fake) press() (code int, ends bool) {
	switch f.button {
	case "stop":
		return 0, true
	case "die":
		fmt.Fprintln(os.Stderr, "bad luck")
		return 3, true
	case "panic":
		fmt.Println("[ 1.0] Kernel panic - not syncing: no init")
	case "nospace":
		f.event("BLOCK_IO_ERROR", `{"nospace": true}`)
	}
	return 0, false
}

// send moves the memory to a socket.
func (f *fake) send(socket string) {
	end := "completed"
	conn, err := (&net.Dialer{}).DialContext(context.Background(), "unix", socket)
	if err == nil {
		_, err = io.WriteString(conn, fakeMemory)
	}
	switch {
	case f.button == "endless":
		_, _ = io.Copy(io.Discard, conn) // until it is closed
		end = "failed"
	case err != nil, f.button == "unmovable":
		end = "failed"
	case f.button == "dies":
		os.Exit(3)
	}
	if conn != nil {
		conn.Close()
	}
	f.event("MIGRATION", `{"status": "active"}`)
	f.event("MIGRATION", fmt.Sprintf(`{"status": %q}`, end))
}

// load takes the memory from the descriptor; as QEMU's, a load that fails ends
// the program.
func (f *fake) load() int {
	in := os.NewFile(IncomingFD, "memory")
	if f.button == "unloadable" {
		_, _ = io.ReadFull(in, make([]byte, 4))
		fmt.Fprintln(os.Stderr, "Unknown savevm section")
		return 1
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return 2
	}
	f.status = string(text)
	f.event("MIGRATION", `{"status": "completed"}`)
	return 0
}

// obey carries out a command.
func (f *fake) obey(c fakeCommand) (answer, problem string) {
	if f.button == c.Execute {
		return "", "cannot " + c.Execute
	}
	switch c.Execute {
	case "human-monitor-command":
		text := ""
		switch line := c.Arguments["command-line"].(string); {
		case line == "info usernet":
			text = fakeTable
		case !strings.HasSuffix(line, ":3002-:80"):
			text = "Could not set up host forwarding rule\r\n"
		}
		quoted, _ := json.Marshal(text)
		return string(quoted), ""
	case "screendump":
		if err := os.WriteFile(c.Arguments["filename"].(string), []byte("PNG"), 0o600); err != nil {
			return "", err.Error()
		}
	case "blockdev-add":
		name := c.Arguments["file"].(map[string]any)["filename"].(string)
		if _, err := os.Stat(name); err != nil {
			return "", "Could not open " + name
		}
		f.nodes[c.Arguments["node-name"]] = true
	case "device_add":
		if !f.nodes[c.Arguments["drive"]] {
			return "", "no such node"
		}
	case "blockdev-del":
		if !f.nodes[c.Arguments["node-name"]] {
			return "", "no such node"
		}
		delete(f.nodes, c.Arguments["node-name"])
	case "transaction":
		for _, a := range c.Arguments["actions"].([]any) {
			data := a.(map[string]any)["data"].(map[string]any)
			if !f.nodes[data["node"]] || !f.nodes[data["overlay"]] {
				return "", "no such node"
			}
		}
	case "stop":
		f.status = "paused"
	case "cont":
		f.status = "running"
	case "query-status":
		return fmt.Sprintf(`{"status": %q}`, f.status), ""
	case "query-migrate":
		return `{"status": "failed", "error-desc": "No space left on the moon"}`, ""
	case "query-named-block-nodes":
		return fmt.Sprint(len(f.nodes)), ""
	}
	return "{}", ""
}
