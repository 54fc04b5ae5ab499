// Package policy writes the IAM policy that a template needs: what its builds do
// and nothing else, and of what can be changed or removed only what they made.
package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
)

// Needy is a component that calls Amazon.
type Needy interface {
	// Rights are what its options make it need.
	Rights() []Right
}

// Right is one thing that must be allowed.
type Right struct {
	Action   string   // such as "ec2:RunInstances"
	Made     bool     // only of what has our tag
	Create   bool     // only while something is created: of CreateTags
	Resource []string // ARNs; nil is any
}

// Any are rights to do these things to anything.
func Any(actions ...string) []Right { return rights(Right{}, actions) }

// OfMade are rights to do these things to what was made, and nothing else.
func OfMade(actions ...string) []Right { return rights(Right{Made: true}, actions) }

func rights(like Right, actions []string) []Right {
	var all []Right
	for _, a := range actions {
		like.Action = a
		all = append(all, like)
	}
	return all
}

// passRole is the right to give an instance a role.
const passRole = "iam:PassRole"

// Calls are the actions of rights without their service: RunInstances.
func Calls(all []Right) []string {
	var calls []string
	for _, r := range all {
		_, call, _ := strings.Cut(r.Action, ":")
		calls = append(calls, call)
	}
	return calls
}

// statement is one of a policy; the order of its fields is the one people write.
type statement struct {
	Sid       string
	Effect    string
	Action    []string
	Resource  any
	Condition map[string]map[string]any `json:",omitempty"`
}

// Document is the policy that gives these rights, as JSON.
func Document(all []Right) (string, error) {
	var statements []statement
	groups := map[string][]Right{}
	var order []string
	for _, r := range all {
		key := r.sid() + strings.Join(r.Resource, " ")
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], r)
	}
	slices.SortFunc(order, func(a, b string) int {
		return slices.Index(sids(), groups[a][0].sid()) - slices.Index(sids(), groups[b][0].sid())
	})
	for _, key := range order {
		statements = append(statements, together(groups[key]))
	}
	numbered(statements)
	text, err := json.MarshalIndent(struct {
		Version   string
		Statement []statement
	}{"2012-10-17", statements}, "", "  ")
	if err != nil {
		return "", fmt.Errorf("writing the policy: %w", err)
	}
	return string(text), nil
}

// sids are the names of statements, in their order.
func sids() []string {
	return []string{"Look", "Make", "TagWhileMaking", "ChangeWhatWasMade", "PassRole", "Read"}
}

func (r Right) sid() string {
	_, call, _ := strings.Cut(r.Action, ":")
	switch {
	case r.Create:
		return "TagWhileMaking"
	case r.Made:
		return "ChangeWhatWasMade"
	case r.Action == passRole:
		return "PassRole"
	case len(r.Resource) > 0:
		return "Read"
	case strings.HasPrefix(call, "Describe") || strings.HasPrefix(call, "Get") || strings.HasPrefix(call, "List"):
		return "Look"
	}
	return "Make"
}

func together(some []Right) statement {
	s := statement{Sid: some[0].sid(), Effect: "Allow", Resource: "*"}
	for _, r := range some {
		s.Action = append(s.Action, r.Action)
	}
	slices.Sort(s.Action)
	s.Action = slices.Compact(s.Action)
	if r := some[0].Resource; len(r) > 0 {
		s.Resource = r
	}
	switch {
	case some[0].Action == passRole:
		s.Condition = map[string]map[string]any{"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
	case some[0].Create:
		s.Condition = map[string]map[string]any{"StringLike": {"ec2:CreateAction": "*"}}
	case some[0].Made:
		s.Condition = map[string]map[string]any{"StringEquals": {"aws:ResourceTag/" + journal.MadeByTag: journal.MadeBy}}
	}
	return s
}

// numbered tells statements of one name apart.
func numbered(all []statement) {
	seen := map[string]int{}
	for i := range all {
		name := all[i].Sid
		if seen[name]++; seen[name] > 1 {
			all[i].Sid = fmt.Sprintf("%s%d", name, seen[name])
		}
	}
}
