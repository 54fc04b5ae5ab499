// Package keys is the sandbox's SSH key pairs.
package keys

import (
	"crypto"
	"crypto/ed25519"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// Actions are what the package answers.
func Actions() map[string]world.Action {
	return map[string]world.Action{
		"CreateKeyPair": world.Do(createKey), "ImportKeyPair": world.Do(importKey), "DeleteKeyPair": world.Do(deleteKey), "DescribeKeyPairs": world.Do(describeKeys),
	}
}

type createKeyIn struct {
	KeyName          string `q:",required"`
	KeyType          string
	KeyFormat        string
	TagSpecification []world.TagSpec
}

// shownKey is the answer of what makes a key pair.
type shownKey struct {
	ID          string       `xml:"keyPairId"`
	Name        string       `xml:"keyName"`
	Fingerprint string       `xml:"keyFingerprint"`
	Material    string       `xml:"keyMaterial,omitempty"`
	Tags        []record.Tag `xml:"tagSet>item"`
}

func createKey(c *world.Call, in createKeyIn) (any, error) {
	tags, err := checkKey(c, in.KeyName, in.TagSpecification)
	if err != nil {
		return nil, err
	}
	if in.KeyFormat != "" && in.KeyFormat != "pem" {
		return nil, wire.Unsupported("key pairs in the format " + in.KeyFormat)
	}
	if in.KeyType == "" {
		in.KeyType = "rsa"
	}
	var block *pem.Block
	var signer crypto.Signer
	k := &record.Key{Name: in.KeyName, Type: in.KeyType, Tags: tags}
	switch in.KeyType {
	case "rsa":
		var private *rsa.PrivateKey
		if private, err = rsa.GenerateKey(rand.Reader, 2048); err == nil {
			block, signer = &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)}, private
			var der []byte
			der, err = x509.MarshalPKCS8PrivateKey(private)
			k.Fingerprint = colons(fmt.Sprintf("%x", sha1.Sum(der)))
		}
	case "ed25519":
		var private ed25519.PrivateKey
		if _, private, err = ed25519.GenerateKey(rand.Reader); err == nil {
			signer = private
			block, err = ssh.MarshalPrivateKey(private, "")
		}
	default:
		return nil, wire.Invalid(in.KeyType, "KeyType", "It must be rsa or ed25519.")
	}
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	public, err := ssh.NewPublicKey(signer.Public())
	if err != nil {
		return nil, err
	}
	if k.Fingerprint == "" {
		k.Fingerprint = strings.TrimPrefix(ssh.FingerprintSHA256(public), "SHA256:") + "="
	}
	return addKey(c, k, public, string(pem.EncodeToMemory(block))), nil
}

func checkKey(c *world.Call, name string, specs []world.TagSpec) ([]record.Tag, error) {
	if name == "" || len(name) > 255 {
		return nil, wire.Invalid(name, "KeyName", "It must have 1 to 255 characters.")
	}
	if c.Keys[name] != nil {
		return nil, wire.Bad("InvalidKeyPair.Duplicate", "The keypair already exists")
	}
	tags, err := world.TagsFor(specs, "key-pair")
	return tags["key-pair"], err
}

func addKey(c *world.Call, k *record.Key, public ssh.PublicKey, material string) shownKey {
	k.ID, k.Created = world.NewID("key"), world.Now()
	k.Public = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(public))) + " " + k.Name
	c.Keys[k.Name] = k
	return shownKey{k.ID, k.Name, k.Fingerprint, material, k.Tags}
}

func colons(hex string) string {
	var pairs []string
	for i := 0; i < len(hex); i += 2 {
		pairs = append(pairs, hex[i:i+2])
	}
	return strings.Join(pairs, ":")
}

type importKeyIn struct {
	KeyName           string `q:",required"`
	PublicKeyMaterial string `q:",required"`
	TagSpecification  []world.TagSpec
}

func importKey(c *world.Call, in importKeyIn) (any, error) {
	tags, err := checkKey(c, in.KeyName, in.TagSpecification)
	if err != nil {
		return nil, err
	}
	raw, err := base64.StdEncoding.DecodeString(in.PublicKeyMaterial)
	var public ssh.PublicKey
	if err == nil {
		public, _, _, _, err = ssh.ParseAuthorizedKey(raw)
	}
	if err != nil {
		return nil, wire.Bad("InvalidKey.Format", "Key is not in valid OpenSSH public key format")
	}
	k := &record.Key{Name: in.KeyName, Tags: tags}
	switch of := public.(ssh.CryptoPublicKey).CryptoPublicKey().(type) {
	case *rsa.PublicKey:
		der, err := x509.MarshalPKIXPublicKey(of)
		if err != nil {
			return nil, err
		}
		k.Type, k.Fingerprint = "rsa", colons(fmt.Sprintf("%x", md5.Sum(der)))
	case ed25519.PublicKey:
		k.Type, k.Fingerprint = "ed25519", strings.TrimPrefix(ssh.FingerprintSHA256(public), "SHA256:")+"="
	default:
		return nil, wire.Bad("InvalidKey.Format", "Key type %s is not supported", public.Type())
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	return addKey(c, k, public, ""), nil
}

type keyRef struct{ KeyName, KeyPairId string }

// deleteKey succeeds for a name that is not there, as EC2's does.
func deleteKey(c *world.Call, in keyRef) (any, error) {
	k := c.Keys[in.KeyName]
	for _, other := range c.Keys {
		if in.KeyPairId != "" && other.ID == in.KeyPairId {
			k = other
		}
	}
	switch {
	case in.KeyName == "" && in.KeyPairId == "":
		return nil, wire.Missing("KeyName or KeyPairId")
	case in.KeyPairId != "" && (k == nil || k.ID != in.KeyPairId || in.KeyName != "" && in.KeyName != k.Name):
		return nil, wire.Bad("InvalidKeyPair.NotFound", "The key pair '%s' does not exist", in.KeyPairId)
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	out := struct {
		wire.Return
		ID string `xml:"keyPairId,omitempty"`
	}{Return: wire.Return{Return: true}}
	if k != nil {
		out.ID = k.ID
		delete(c.Keys, k.Name)
	}
	return out, nil
}

type describeKeysIn struct {
	KeyName          []string
	KeyPairId        []string
	IncludePublicKey bool
	Filter           []wire.Filter
}

// listedKey is a key pair of a list.
type listedKey struct {
	*record.Key
	Shown string `xml:"publicKey,omitempty"`
}

func describeKeys(c *world.Call, in describeKeysIn) (any, error) {
	var all []*record.Key
	for _, k := range record.Sorted(c.Keys) {
		if len(in.KeyName)+len(in.KeyPairId) == 0 {
			all = append(all, k)
		}
	}
	for _, want := range append(in.KeyName, in.KeyPairId...) {
		found := false
		for _, k := range record.Sorted(c.Keys) {
			if k.Name == want || k.ID == want {
				all, found = append(all, k), true
			}
		}
		if !found {
			return nil, wire.Bad("InvalidKeyPair.NotFound", "The key pair '%s' does not exist", want)
		}
	}
	all, err := wire.Select(all, in.Filter, wire.Fields[record.Key]{
		"key-name": wire.One(func(k *record.Key) string { return k.Name }), "key-pair-id": wire.One(func(k *record.Key) string { return k.ID }),
		"fingerprint": wire.One(func(k *record.Key) string { return k.Fingerprint }),
	}, func(k *record.Key) []record.Tag { return k.Tags })
	var shown []listedKey
	for _, k := range all {
		l := listedKey{Key: k}
		if in.IncludePublicKey {
			l.Shown = k.Public
		}
		shown = append(shown, l)
	}
	return struct {
		Keys []listedKey `xml:"keySet>item"`
	}{shown}, err
}
