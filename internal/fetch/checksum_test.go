package fetch

import (
	"strings"
	"testing"
)

func TestParseChecksum(t *testing.T) {
	md5, sha1 := strings.Repeat("a", 32), strings.Repeat("b", 40)
	sha256, sha512 := strings.Repeat("c", 64), strings.Repeat("d", 128)
	for in, want := range map[string]string{
		"":                                  "none",
		"none":                              "none",
		md5:                                 "md5:" + md5,
		sha1:                                "sha1:" + sha1,
		sha256:                              "sha256:" + sha256,
		sha512:                              "sha512:" + sha512,
		"SHA256:" + strings.ToUpper(sha256): "sha256:" + sha256,
		" md5:" + md5 + " ":                 "md5:" + md5,
		"file:SHA256SUMS":                   "file:SHA256SUMS",
		"file:https://host/SHA256SUMS":      "file:https://host/SHA256SUMS",
	} {
		got, err := ParseChecksum(in)
		if err != nil || got.String() != want {
			t.Errorf("%q gives %s, error %v", in, got, err)
		}
	}
	for in, want := range map[string]string{
		"abc":                      "is no checksum",
		"sha256:" + md5:            "does not have 32 hex digits",
		"crc32:12345678":           "is unknown",
		strings.Repeat("x", 64):    "other characters than hex",
		"file:":                    "must name a list",
		"file:debian.ISO":          "must name a list",
		"sha256:https://host/sums": "other characters than hex",
	} {
		if got, err := ParseChecksum(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %s, error %v", in, got, err)
		}
	}
}

func TestPick(t *testing.T) {
	a, b, long := strings.Repeat("a", 64), strings.Repeat("b", 64), strings.Repeat("c", 128)
	for name, c := range map[string]struct{ list, want string }{
		"GNU text":        {a + "  disk.qcow2\n" + b + "  other\n", a},
		"GNU binary":      {b + " *other\n" + a + " *./images/disk.qcow2\n", a},
		"BSD":             {"SHA256 (other) = " + b + "\nSHA256 (disk.qcow2) = " + a + "\n", a},
		"capitals":        {strings.ToUpper(a) + "  disk.qcow2\n" + b + "  x\n", a},
		"signed":          {"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n# disk.qcow2: 10 bytes\n" + a + "  disk.qcow2\n" + b + "  x\n-----BEGIN PGP SIGNATURE-----\nabcdef\n", a},
		"longest digest":  {a + "  disk.qcow2\n" + long + "  disk.qcow2\n", long},
		"single entry":    {a + "  whatever\n", a},
		"bare digest":     {a + "\n", a},
		"not in it":       {a + "  one\n" + b + "  two\n", ""},
		"empty":           {"", ""},
		"similar name":    {a + "  xdisk.qcow2\n" + b + "  disk.qcow2.sig\n", ""},
		"CRLF line ends":  {a + "  disk.qcow2\r\n" + b + "  x\r\n", a},
		"tab in between":  {a + "\tdisk.qcow2\n" + b + "\tx\n", a},
		"odd-size digest": {a[:50] + "  disk.qcow2\n" + b + "  x\n" + b + "  y\n", ""},
	} {
		list, err := readList(strings.NewReader(c.list))
		if err != nil {
			t.Fatal(err)
		}
		got, ok := pick(list, "disk.qcow2")
		if got.Hex != c.want || ok != (c.want != "") {
			t.Errorf("%s: got %s, %t", name, got, ok)
		}
	}
}
