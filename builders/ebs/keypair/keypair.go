// Package keypair makes the key that lets one build into its instance.
package keypair

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/crypto/ssh"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
	"github.com/ovenbird-io/ovenbird/internal/communicator"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/sshkey"
)

// Needed says whether a build with these options makes a key. A template that
// brings a password, a key or an agent knows how its AMI is entered.
func Needed(s *communicator.SSH) bool {
	return s.Communicator == "ssh" && s.Password == "" && s.PrivateKeyFile == "" && s.KeypairName == "" && !s.AgentAuth
}

// Validate reports the options of the login that EC2 cannot do.
func Validate(s *communicator.SSH) error {
	switch {
	case s.Communicator != "ssh":
		return nil
	case s.Username == "":
		return option.Bad("ssh_username", "It is required: the user that the AMI lets in, such as \"admin\", \"ubuntu\" or \"ec2-user\".")
	case s.KeypairName != "" && s.PrivateKeyFile == "" && !s.AgentAuth:
		return option.Bad("ssh_keypair_name", "Set ssh_private_key_file or ssh_agent_auth as well: EC2 does not tell the private half.")
	case Needed(s):
		return option.OneOf("temporary_key_pair_type", s.TemporaryKeyPairType, "", "ed25519", "rsa")
	}
	return nil
}

// Create has EC2 make a key pair. Where the template chose the name, a key pair
// that has it already is somebody's, which is an error.
func Create(ctx context.Context, c *ec2.Client, name, kind string, chosen bool, all map[string]string) (sshkey.Key, error) {
	in := &ec2.CreateKeyPairInput{
		KeyName: aws.String(name), KeyType: types.KeyType(kind), KeyFormat: types.KeyFormatPem,
		TagSpecifications: tags.Specifications(all, types.ResourceTypeKeyPair),
	}
	got, err := c.CreateKeyPair(ctx, in)
	switch duplicate := access.Code(err) == "InvalidKeyPair.Duplicate"; {
	case duplicate && chosen:
		return sshkey.Key{}, fmt.Errorf("%w; choose another temporary_key_pair_name", access.Explain(err, name))
	case duplicate: // ours, of which the answer got lost
		if err := Delete(ctx, c, name); err != nil {
			return sshkey.Key{}, err
		}
		got, err = c.CreateKeyPair(ctx, in)
	}
	if err != nil {
		return sshkey.Key{}, access.Explain(err, name)
	}
	pem := aws.ToString(got.KeyMaterial)
	signer, err := ssh.ParsePrivateKey([]byte(pem))
	if err != nil {
		return sshkey.Key{}, fmt.Errorf("reading the key pair %s: %w", name, err)
	}
	return sshkey.Key{
		Signer: signer, PEM: pem, Authorized: strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey()))) + " " + name,
	}, nil
}

// Delete removes a key pair; what is gone is no error.
func Delete(ctx context.Context, c *ec2.Client, name string) error {
	_, err := c.DeleteKeyPair(ctx, &ec2.DeleteKeyPairInput{KeyName: aws.String(name)})
	if err != nil && access.Code(err) != "InvalidKeyPair.NotFound" {
		return access.Explain(err, name)
	}
	return nil
}
