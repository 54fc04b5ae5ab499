package ec2box

import (
	"os"
	"strings"
	"testing"
)

// TestDocs keeps the list of actions in docs/ec2box.md true.
func TestDocs(t *testing.T) {
	raw, err := os.ReadFile("../../docs/ec2box.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(string(raw)), " ")
	for service, actions := range newBox(t, Options{}).Actions() {
		if want := "| " + service + " | " + strings.Join(actions, ", ") + " |"; !strings.Contains(text, want) {
			t.Errorf("docs/ec2box.md has no line:\n%s", want)
		}
	}
}
