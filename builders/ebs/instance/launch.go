package instance

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/uuid"

	"github.com/ovenbird-io/ovenbird/builders/ebs/network"
	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/amazon/outlast"
	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Launch is what one build knows of its instance beside the options.
type Launch struct {
	Image    string
	Key      string // name of the key pair, "" for none
	Groups   []string
	Profile  string // name of the instance profile, "" for none
	Public   *bool  // whether it gets a public address
	IPv6     bool   // it needs an address of IPv6
	Devices  []types.BlockDeviceMapping
	Tags     map[string]string // of the instance and its network interface
	Volumes  map[string]string // of its volumes
	Types    []string
	Places   []network.Place
	Journal  *journal.Journal
	Entry    journal.Entry // kind, token, name and id are filled in
	Settling []string      // codes of errors that pass, such as of a profile just made
}

// settleLimit bounds how long EC2 may take to know what was made a moment ago.
const settleLimit = 2 * time.Minute

// Run launches the instance, with the next type or place for as long as EC2
// says that it has no capacity. Where it launched one that could not be noted in
// the journal, there is an instance beside the error.
func (o *Options) Run(ctx context.Context, c *ec2.Client, l Launch, out *ui.UI) (types.Instance, *journal.Claim, error) {
	var full []error
	for _, instanceType := range l.Types {
		for _, place := range l.Places {
			in, err := o.Input(l, instanceType, place)
			if err != nil {
				return types.Instance{}, nil, err
			}
			made, claim, err := l.run(ctx, c, in)
			if err == nil || made.InstanceId != nil { // it is there, also when that could not be noted
				return made, claim, err
			}
			if !Full(err) {
				return types.Instance{}, nil, err
			}
			full = append(full, err)
			out.Warn("no capacity for %s%s (%s)", instanceType, where(place), access.Code(err))
		}
	}
	return types.Instance{}, nil, fmt.Errorf("no instance could be launched: %w", errors.Join(full...))
}

// run makes one call, as often as needed until all that it names is known.
func (l Launch) run(ctx context.Context, c *ec2.Client, in *ec2.RunInstancesInput) (made types.Instance, claim *journal.Claim, err error) {
	entry := l.Entry
	entry.Kind, entry.Token, entry.Name = "instance", *in.ClientToken, string(in.InstanceType)
	if claim, err = l.Journal.Intend(entry); err != nil {
		return made, nil, err
	}
	var last error // of a call
	err = access.Poll(ctx, settleLimit, "EC2 to know what the instance needs", func(ctx context.Context) (bool, error) {
		got, err := outlast.Do(ctx, func(ctx context.Context) (*ec2.RunInstancesOutput, error) { return c.RunInstances(ctx, in, hasty) })
		last = err
		switch {
		case err == nil && len(got.Instances) == 1:
			made = got.Instances[0]
			return true, nil
		case err == nil:
			return false, fmt.Errorf("RunInstances of %s: %d instances came, not 1", l.Image, len(got.Instances))
		case l.passes(err):
			return false, nil
		}
		return false, access.Explain(err, fmt.Sprintf("%s (%s)", l.Image, in.InstanceType))
	})
	if err != nil {
		if outlast.Unmade(last) {
			err = errors.Join(err, claim.Struck())
		}
		return made, nil, err
	}
	return made, claim, claim.Made(aws.ToString(made.InstanceId))
}

// passes says whether an error ends by itself: EC2 does not know something
// everywhere yet that was made a moment ago.
func (l Launch) passes(err error) bool {
	code := access.Code(err)
	if slices.Contains([]string{"InvalidGroup.NotFound", "InvalidKeyPair.NotFound"}, code) {
		return true
	}
	return slices.Contains(l.Settling, code) && strings.Contains(err.Error(), "nstance")
}

// Full says whether EC2 has no room for an instance of that type at that place.
func Full(err error) bool {
	switch access.Code(err) {
	case "InsufficientInstanceCapacity", "InsufficientHostCapacity", "InsufficientCapacity", "InsufficientReservedInstanceCapacity",
		"InsufficientFreeAddressesInSubnet", "InsufficientCapacityOnHost", "SpotMaxPriceTooLow", "UnfulfillableCapacity":
		return true
	case "Unsupported": // the zone does not have the type
		return strings.Contains(err.Error(), "Availability Zone")
	}
	return false
}

// hasty has a call not made again where EC2 is full: another type may be had.
func hasty(o *ec2.Options) {
	if r, ok := o.Retryer.(aws.RetryerV2); ok {
		o.Retryer = fullRetryer{r}
	}
}

type fullRetryer struct{ aws.RetryerV2 }

// IsErrorRetryable says whether the same call may succeed soon.
func (r fullRetryer) IsErrorRetryable(err error) bool {
	return !Full(err) && r.RetryerV2.IsErrorRetryable(err)
}

func where(p network.Place) string {
	if p.Subnet+p.Zone == "" {
		return ""
	}
	return " in " + strings.TrimSpace(p.Zone+" "+p.Subnet)
}

// Input are the parameters of RunInstances.
func (o *Options) Input(l Launch, instanceType string, place network.Place) (*ec2.RunInstancesInput, error) {
	data, err := o.data()
	if err != nil {
		return nil, err
	}
	in := &ec2.RunInstancesInput{
		ClientToken: aws.String(uuid.NewString()), ImageId: aws.String(l.Image), InstanceType: types.InstanceType(instanceType),
		MinCount: aws.Int32(1), MaxCount: aws.Int32(1), BlockDeviceMappings: l.Devices, UserData: data,
		InstanceInitiatedShutdownBehavior: o.Behavior(), MetadataOptions: o.metadata(), Placement: o.placement(place),
		CapacityReservationSpecification: o.reservation(), TagSpecifications: l.specifications(),
	}
	if l.Key != "" {
		in.KeyName = aws.String(l.Key)
	}
	if l.Profile != "" {
		in.IamInstanceProfile = &types.IamInstanceProfileSpecification{Name: aws.String(l.Profile)}
	}
	if o.EBSOptimized {
		in.EbsOptimized = aws.Bool(true)
	}
	if o.EnableNitroEnclave {
		in.EnclaveOptions = &types.EnclaveOptionsRequest{Enabled: aws.Bool(true)}
	}
	if Burstable(instanceType) {
		in.CreditSpecification = &types.CreditSpecificationRequest{CpuCredits: aws.String(o.Credits())}
	}
	for _, s := range o.LicenseSpecifications {
		in.LicenseSpecifications = append(in.LicenseSpecifications, types.LicenseConfigurationRequest{LicenseConfigurationArn: aws.String(s.Request.ARN)})
	}
	l.attach(in, place)
	return in, nil
}

// attach puts the instance into its subnet and groups.
func (l Launch) attach(in *ec2.RunInstancesInput, place network.Place) {
	if place.Subnet == "" || l.Public == nil && !l.IPv6 {
		in.SecurityGroupIds = l.Groups
		if place.Subnet != "" {
			in.SubnetId = aws.String(place.Subnet)
		}
		return
	}
	card := types.InstanceNetworkInterfaceSpecification{
		DeviceIndex: aws.Int32(0), SubnetId: aws.String(place.Subnet), Groups: l.Groups, DeleteOnTermination: aws.Bool(true), AssociatePublicIpAddress: l.Public,
	}
	if l.IPv6 {
		card.Ipv6AddressCount = aws.Int32(1)
	}
	in.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{card}
}

func (l Launch) specifications() []types.TagSpecification {
	return append(tags.Specifications(l.Tags, types.ResourceTypeInstance, types.ResourceTypeNetworkInterface), tags.Specifications(l.Volumes, types.ResourceTypeVolume)...)
}

// Behavior is what a shutdown from inside does.
func (o *Options) Behavior() types.ShutdownBehavior {
	switch {
	case o.ShutdownBehavior != "":
		return types.ShutdownBehavior(o.ShutdownBehavior)
	case o.DisableStopInstance:
		return types.ShutdownBehaviorStop
	}
	return types.ShutdownBehaviorTerminate
}

// Credits says how a burstable instance gets its CPU credits.
func (o *Options) Credits() string {
	if o.EnableUnlimitedCredits || o.EnableT2Unlimited {
		return "unlimited"
	}
	return "standard"
}

// data is the user data as EC2 takes it, nil for none. It is encoded in any
// case: text that looks encoded may well be just text.
func (o *Options) data() (*string, error) {
	text := []byte(o.UserData)
	if o.UserDataFile != "" {
		var err error
		if text, err = os.ReadFile(o.UserDataFile); err != nil {
			return nil, fmt.Errorf("reading user_data_file: %w", err)
		}
	}
	if len(text) == 0 {
		return nil, nil //nolint:nilnil // no data is no error
	}
	return aws.String(base64.StdEncoding.EncodeToString(text)), nil
}
