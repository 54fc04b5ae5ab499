package seed

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"reflect"
	"strings"
	"testing"
)

// parts takes an archive apart, decoding as cloud-init does.
func parts(t *testing.T, s string) []string {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/mixed" {
		t.Fatalf("type %q, error %v", kind, err)
	}
	var all []string
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		if p.Header.Get("Content-Transfer-Encoding") == "base64" {
			if b, err = base64.StdEncoding.DecodeString(string(b)); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, string(b))
	}
}

func settings(t *testing.T, part string) map[string]any {
	t.Helper()
	body, ok := strings.CutPrefix(part, "#cloud-config\n")
	if !ok {
		t.Fatalf("no cloud-config: %q", part)
	}
	var m map[string]any
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMergeKeepsUserData(t *testing.T) {
	for name, user := range map[string]string{
		"cloud-config":     "#cloud-config\npackages: [a]\n",
		"no final newline": "#cloud-config\npackages: [a]",
		"script":           "#!/bin/sh\necho hi\n\n",
		"not ASCII":        "#cloud-config\nhostname: zürich\n",
		"carriage returns": "#!/bin/sh\r\necho hi\r\n",
		"broken YAML":      "#cloud-config\n\t{[\n",
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Merge(user, Inject{AuthorizedKey: "ssh-ed25519 AAAA"})
			if err != nil {
				t.Fatal(err)
			}
			if p := parts(t, got); len(p) != 3 || p[0] != user {
				t.Errorf("parts are %q", p)
			}
		})
	}
}

func TestMergeNestsArchives(t *testing.T) {
	inner := archive(part("#!/bin/sh\n"), part("#cloud-config\n{}\n"))
	got, err := Merge(inner, Inject{AuthorizedKey: "k"})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got, "\n"+inner) {
		t.Errorf("the archive is not kept:\n%s", got)
	}
	p := parts(t, got)
	if len(p) != 3 || !strings.Contains(p[0], "#!/bin/sh") {
		t.Errorf("parts are %q", p)
	}
}

func TestMergeWithoutUserData(t *testing.T) {
	got, err := Merge(" \n", Inject{User: "root", AuthorizedKey: "k\n", HostKeyPrivate: "PEM", HostKeyPublic: "pub\n"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"disable_root": false, "ssh_deletekeys": true,
		"ssh_authorized_keys": []any{"k"},
		"ssh_keys":            map[string]any{"ed25519_private": "PEM\n", "ed25519_public": "pub\n"},
	}
	if m := settings(t, got); !reflect.DeepEqual(m, want) {
		t.Errorf("got %v", m)
	}
}

func TestMergeGivesUserTheKey(t *testing.T) {
	entry := func(keys ...any) map[string]any {
		return map[string]any{"name": "bob", "ssh_authorized_keys": keys}
	}
	added := map[string]any{"name": "bob", "lock_passwd": false, "ssh_authorized_keys": []any{"k"}}
	created := map[string]any{"name": "bob", "lock_passwd": false, "ssh_authorized_keys": []any{"k"}, "sudo": "ALL=(ALL) NOPASSWD:ALL"}
	for name, c := range map[string]struct {
		login, user string
		want        any
	}{
		"default user":            {"", "#cloud-config\n{}\n", nil},
		"root":                    {"root", "#cloud-config\n{}\n", nil},
		"no users list":           {"bob", "#cloud-config\n{}\n", []any{"default", created}},
		"a script":                {"bob", "#!/bin/sh\n", []any{"default", created}},
		"others only, no default": {"bob", "#cloud-config\nusers: [{name: eve}]\n", []any{added}},
		"listed without keys":     {"bob", "#cloud-config\nusers: [default, {name: bob, sudo: ALL}]\n", []any{entry("k")}},
		"listed with keys":        {"bob", "#cloud-config\nusers: [{name: bob, ssh_authorized_keys: [x, z]}]\n", []any{entry("k", "x", "z")}},
		"listed with one key":     {"bob", "#cloud-config\nusers: [{name: bob, ssh-authorized-keys: x}]\n", []any{entry("k", "x")}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Merge(c.user, Inject{User: c.login, AuthorizedKey: "k"})
			if err != nil {
				t.Fatal(err)
			}
			lists := settings(t, parts(t, got)[2])
			if !reflect.DeepEqual(lists["users"], c.want) {
				t.Errorf("users are %v, want %v", lists["users"], c.want)
			}
			if !reflect.DeepEqual(lists["ssh_authorized_keys"], []any{"k"}) {
				t.Errorf("keys are %v", lists["ssh_authorized_keys"])
			}
		})
	}
	_, err := Merge("#cloud-config\nusers: {bob: {}}\n", Inject{User: "bob", AuthorizedKey: "k"})
	if err == nil || !strings.Contains(err.Error(), "must be a list") {
		t.Errorf("users as a map give %v", err)
	}
}

func TestNoCloud(t *testing.T) {
	var names []string
	for _, network := range []string{"", "version: 2"} {
		for _, f := range NoCloud("u", "m", network) {
			names = append(names, f.Name+"="+string(f.Content))
		}
	}
	if got := strings.Join(names, " "); got != "user-data=u meta-data=m user-data=u meta-data=m network-config=version: 2" {
		t.Errorf("files are %s", got)
	}
}
