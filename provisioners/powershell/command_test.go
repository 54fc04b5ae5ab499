package powershell

import (
	"testing"

	"github.com/ovenbird-io/ovenbird/provisioners"
)

func TestCommand(t *testing.T) {
	const body = `& { $ProgressPreference='SilentlyContinue'; . 'V'; &'P'; exit $LastExitCode }"`
	tests := map[string]struct {
		set  func(*PowerShell)
		want string
	}{
		"default":     {func(*PowerShell) {}, `powershell -NoProfile -NonInteractive -ExecutionPolicy bypass "` + body},
		"policy":      {func(p *PowerShell) { p.ExecutionPolicy = "RemoteSigned" }, `powershell -NoProfile -NonInteractive -ExecutionPolicy remotesigned "` + body},
		"no policy":   {func(p *PowerShell) { p.ExecutionPolicy = "none" }, `powershell -NoProfile -NonInteractive "` + body},
		"pwsh":        {func(p *PowerShell) { p.UsePwsh = true }, `pwsh -NoProfile -NonInteractive -ExecutionPolicy bypass -Command "` + body},
		"one's own":   {func(p *PowerShell) { p.ExecuteCommand = "x {{ .Path }} {{ .Vars }} {{ build_name }}" }, "x P V win"},
		"of no value": {func(p *PowerShell) { p.ExecuteCommand = "{{ .Nope }}" }, ""},
	}
	for name, test := range tests {
		p, _ := New(provisioners.Env{BuildName: "win"}).(*PowerShell)
		test.set(p)
		got, err := p.command("P", "V")
		if got != test.want || (err != nil) != (test.want == "") {
			t.Errorf("%s: got %s, %v, want %s", name, got, err, test.want)
		}
	}
}

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{"plain": "plain", "a'b": "a'b", `say "hi"`: "say `\"hi`\"", "$env:X": "`$env:X", "`n": "``n"} {
		if got := escape(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}
