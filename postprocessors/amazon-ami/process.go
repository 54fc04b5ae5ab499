package amazonami

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/ami"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// bake is one disk on its way to an AMI.
type bake struct {
	*AMI
	options ami.Options // those that are left to do
	acc     *access.Account
	ec2     *ec2.Client
	journal *journal.Journal
	data    ami.Data
	disk    string
	format  string
	out     *ui.UI
	taken   bool         // the AMI's name
	before  *types.Image // the latest AMI of the template, nil if there is none

	snapshot *journal.Claim // on the snapshot, until it is an AMI's
	token    string         // of the snapshot
}

// Process makes the AMI.
func (a *AMI) Process(ctx context.Context, in *artifact.Artifact, out *ui.UI) (baked *artifact.Artifact, err error) {
	b, err := a.open(ctx, out)
	if err != nil {
		return nil, err
	}
	if b.disk, b.format, err = a.of(in); err != nil {
		return nil, err
	}
	for _, f := range in.Files {
		if strings.HasPrefix(f, b.disk+"-") { // as the qemu builder names further disks
			out.Warn("only %s becomes part of the AMI, %s does not", b.disk, f)
		}
	}
	if b.journal, err = journal.Open(""); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.journal.Close()) }()
	b.data = ami.Data{
		Source: tags.Source{BuildRegion: b.acc.Region()}, Run: a.env.RunID, Template: tags.Template(a.env.Root, a.env.Build), Expires: time.Now().Add(a.ExpiresAfter),
		Text: gotmpl.Funcs{BuildName: a.env.BuildName, BuildType: a.env.BuilderType, TemplateDir: a.env.Root, Vars: a.env.Vars},
	}
	made, err := b.make(ctx)
	if err != nil {
		return nil, err
	}
	return ami.Artifact(builderID, b.acc, made), nil
}

// open logs in to Amazon.
func (a *AMI) open(ctx context.Context, out *ui.UI) (*bake, error) {
	b := &bake{AMI: a, options: a.AMI, out: out}
	b.options.ForceDeregister = a.AMI.ForceDeregister || a.env.Force
	b.options.Patience = max(a.AMI.Patience, a.Access.Patience(0, os.Getenv))
	var err error
	if b.acc, err = a.Access.Open(ctx); err != nil {
		return nil, err
	}
	b.ec2 = b.acc.EC2("")
	if b.acc.Endpoint() != "" && aws.ToString(b.acc.EBS("").Options().BaseEndpoint) == "" { // the disk would go to Amazon
		return nil, fmt.Errorf("EC2 is at %s, but it is not known where its EBS direct APIs are; set AWS_ENDPOINT_URL, or AWS_ENDPOINT_URL_EBS", b.acc.Endpoint())
	}
	return b, nil
}

// CheckOnline asks whether the name is free in every region.
func (a *AMI) CheckOnline(ctx context.Context) error {
	b, err := a.open(ctx, nil)
	if err != nil {
		return err
	}
	return b.checkName(ctx)
}

// of is the disk of an artifact, and its format.
func (a *AMI) of(in *artifact.Artifact) (disk, format string, err error) {
	disk, format = in.Details["disk"], a.DiskFormat
	if disk == "" {
		if len(in.Files) != 1 {
			return "", "", fmt.Errorf("%s has %d files, of which none is said to be the disk; leave one with artifice", in.Title, len(in.Files))
		}
		disk = in.Files[0]
	}
	if format == "" {
		format = in.Details["format"]
	}
	if format == "" {
		format = map[string]string{".qcow2": "qcow2", ".raw": "raw", ".img": "raw"}[strings.ToLower(filepath.Ext(disk))]
	}
	if format != "qcow2" && format != "raw" {
		return "", "", fmt.Errorf("%s: it is not known whether this is qcow2 or raw; set disk_format", disk)
	}
	return disk, format, nil
}

// make goes through all steps.
func (b *bake) make(ctx context.Context) (ami.Made, error) {
	identity, err := b.identity()
	if err != nil {
		return ami.Made{}, err
	}
	key := b.key(identity)
	if made, found, err := b.finish(ctx, key); found || err != nil {
		return made, err
	}
	if err := b.checkName(ctx); err != nil {
		return ami.Made{}, err
	}
	snapshot, err := b.upload(ctx, identity)
	if err != nil {
		return ami.Made{}, err
	}
	if made, same, err := b.unchanged(ctx, snapshot); same || err != nil {
		return made, err
	}
	id, err := b.register(ctx, snapshot, key)
	if err != nil {
		return ami.Made{}, err
	}
	return b.options.Publish(ctx, b.acc, b.journal, id, b.acc.Region(), b.data, b.out)
}

// checkName refuses a name that is taken, in any region, before anything is sent.
func (b *bake) checkName(ctx context.Context) error {
	b.out.Say("Checking that the name %s is free", b.options.AMIName)
	home := b.acc.Region()
	for _, region := range append([]string{home}, b.options.Regions(home)...) {
		same, err := image.Named(ctx, b.acc.EC2(region), b.options.AMIName)
		if err != nil {
			return err
		}
		needed := region != home || !b.options.SkipSaveBuildRegion
		if len(same) > 0 && needed && !b.options.ForceDeregister {
			return fmt.Errorf("the name %s is taken in %s by %s; force_deregister = true or -force replaces it",
				b.options.AMIName, region, aws.ToString(same[0].ImageId))
		}
		if region == home {
			b.taken = len(same) > 0
		}
	}
	b.data.Draft = b.taken || b.options.Drafts()
	return nil
}

// entry is one of the journal's about something that is made for this AMI.
func (b *bake) entry(kind, token, name string) journal.Entry {
	return journal.Entry{
		Run: b.data.Run, Template: b.data.Template, Region: b.acc.Region(), Endpoint: b.acc.Endpoint(), Account: b.acc.Number(),
		Kind: kind, Token: token, Name: name, Made: time.Now(), Expires: b.data.Expires,
	}
}

// struck strikes out what was refused or is gone.
func struck(c *journal.Claim, err error) error {
	if c == nil {
		return err
	}
	return errors.Join(err, c.Struck())
}
