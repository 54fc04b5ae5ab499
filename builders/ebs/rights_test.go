package ebs

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/builders/ebs/profile"
	"github.com/ovenbird-io/ovenbird/internal/ec2box"
)

// TestRights bakes in several ways: every call that is made is among the rights
// that the options are said to need.
func TestRights(t *testing.T) {
	for name, change := range map[string]func(*Builder){
		"plain": nil,
		"spot, with rights": func(b *Builder) {
			b.Spot.Price = "auto"
			b.Profile.Policy = &profile.Policy{Statement: []profile.Statement{{Action: []string{"s3:GetObject"}, Resource: []string{"*"}}}}
		},
		"all that is published": func(b *Builder) {
			b.AMI.AMIRegions, b.AMI.AMIUsers, b.AMI.SnapshotUsers = []string{"us-east-1"}, []string{"111122223333"}, []string{"111122223333"}
			b.AMI.AMIDescription, b.AMI.IMDSSupport, b.AMI.ForceDeregister = "of a test", "v2.0", true
			b.AMI.DeprecateAt = time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
		},
		"own group": func(b *Builder) { b.Network.SourceCIDRs = []string{"10.0.0.0/8"} },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, ec2box.Timing{})
			b := l.builder(change)
			allowed := []string{"GetCallerIdentity"} // which everybody may
			for _, r := range b.Rights() {
				_, action, _ := strings.Cut(r.Action, ":")
				allowed = append(allowed, action)
			}
			if _, err := l.bake(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			for _, call := range l.Calls() {
				if !slices.Contains(allowed, call) {
					t.Errorf("%s was called, and is not among the rights", call)
				}
			}
		})
	}
}
