package vm

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"
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

type fakeCommand struct {
	Execute   string         `json:"execute"`
	Arguments map[string]any `json:"arguments"`
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
	say := func(format string, args ...any) { fmt.Fprintf(conn, format+"\n", args...) }
	say(`{"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}, "package": ""}, "capabilities": []}}`)
	nodes := map[any]bool{}
	for in := json.NewDecoder(conn); ; { // as QEMU's, commands need not end their line
		var c fakeCommand
		if in.Decode(&c) != nil {
			return 0
		}
		answer, problem, event := c.obey(nodes)
		if problem != "" {
			say(`{"error": {"class": "GenericError", "desc": %q}}`, problem)
			continue
		}
		say(`{"return": %s}`, answer)
		if event != "" {
			say("%s", event)
		}
		if c.Execute != "system_powerdown" {
			continue
		}
		switch button {
		case "stop":
			return 0
		case "die":
			fmt.Fprintln(os.Stderr, "bad luck")
			return 3
		case "panic":
			fmt.Println("[ 1.0] Kernel panic - not syncing: no init")
		case "nospace":
			say(`{"event": "BLOCK_IO_ERROR", "data": {"nospace": true}, "timestamp": {"seconds": 1, "microseconds": 0}}`)
		}
	}
}

// obey carries out a command; nodes are the block devices there are.
func (c fakeCommand) obey(nodes map[any]bool) (answer, problem, event string) {
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
		return string(quoted), "", ""
	case "screendump":
		if err := os.WriteFile(c.Arguments["filename"].(string), []byte("PNG"), 0o600); err != nil {
			return "", err.Error(), ""
		}
	case "blockdev-add":
		name := c.Arguments["file"].(map[string]any)["filename"].(string)
		if _, err := os.Stat(name); err != nil {
			return "", "Could not open " + name, ""
		}
		nodes[c.Arguments["node-name"]] = true
	case "device_add":
		if !nodes[c.Arguments["drive"]] {
			return "", "no such node", ""
		}
	case "device_del":
		event = fmt.Sprintf(`{"event": "DEVICE_DELETED", "data": {"device": %q}, "timestamp": {"seconds": 1, "microseconds": 0}}`, c.Arguments["id"])
	case "blockdev-del":
		if !nodes[c.Arguments["node-name"]] {
			return "", "no such node", ""
		}
		delete(nodes, c.Arguments["node-name"])
	}
	return "{}", "", event
}
