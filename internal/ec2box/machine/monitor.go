package machine

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// greet waits for QEMU's greeting and answers it. It fails when QEMU has ended.
// What QEMU says later is not listened to.
func greet(monitor *os.File) error {
	in := bufio.NewReader(monitor)
	if _, err := in.ReadString('\n'); err != nil {
		return fmt.Errorf("waiting for QEMU: %w", err)
	}
	if err := command(monitor, "qmp_capabilities"); err != nil {
		return err
	}
	if _, err := in.ReadString('\n'); err != nil {
		return fmt.Errorf("waiting for QEMU: %w", err)
	}
	go func() { _, _ = io.Copy(io.Discard, in) }() // until QEMU ends
	return nil
}

// command tells QEMU to do something, and does not wait for it.
func command(monitor *os.File, name string) error {
	line, err := json.Marshal(map[string]string{"execute": name})
	if err != nil {
		return err
	}
	if _, err := monitor.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("telling QEMU to %s: %w", name, err)
	}
	return nil
}
