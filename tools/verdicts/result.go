package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// kind is how the two verdicts on a case stand to each other.
type kind string

const (
	same         kind = "same"
	deliberate   kind = "meant"
	newer        kind = "not in packer 1.6.6"
	incomparable kind = "not compared"
	differs      kind = "DIFFERS"
)

const packer, ovenbird = "packer", "ovenbird"

type result struct {
	name             string
	kind             kind
	why              string
	packer, ovenbird verdict
}

// compare tells how the verdicts stand to each other, and why. What packer does
// not know comes first, as then it judges something else.
func compare(ofPacker, ofOvenbird verdict) (kind, string) {
	if !ofPacker.valid {
		for _, f := range unknown {
			if f.says.MatchString(ofPacker.words()) {
				return newer, f.name
			}
		}
	}
	if ofPacker.valid == ofOvenbird.valid {
		return same, ""
	}
	accepts, words := packer, ofOvenbird.words()
	if ofOvenbird.valid {
		accepts, words = ovenbird, ofPacker.words()
	}
	for _, d := range meant {
		if d.valid == accepts && d.says.MatchString(words) {
			return deliberate, d.why
		}
	}
	return differs, ""
}

// idle lists the explanations that no result needs.
func idle(results []result) []string {
	used := map[string]bool{}
	for _, r := range results {
		used[r.why] = true
	}
	var all []string
	for _, f := range unknown {
		if !used[f.name] {
			all = append(all, f.name)
		}
	}
	for _, d := range meant {
		if !used[d.why] {
			all = append(all, d.why)
		}
	}
	return all
}

// report prints the table and the sums. What the programs say is shown where
// they differ without a reason, or everywhere when verbose.
func report(out io.Writer, results []result, verbose bool) {
	table := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "CASE\tPACKER\tOVENBIRD\t")
	count := map[kind]int{}
	for _, r := range results {
		count[r.kind]++
		line := []string{r.name, r.packer.String(), r.ovenbird.String(), string(r.kind)}
		if r.kind == incomparable {
			line[1], line[2] = "-", "-"
		}
		if r.why != "" {
			line[3] += ": " + r.why
		}
		fmt.Fprintln(table, strings.Join(line, "\t"))
	}
	_ = table.Flush() // an error of out shows in what follows, too
	for _, r := range results {
		if r.kind == differs || verbose && r.kind != incomparable {
			fmt.Fprintf(out, "\n--- %s\npacker: %s\novenbird: %s\n", r.name, strings.TrimSpace(r.packer.says), strings.TrimSpace(r.ovenbird.says))
		}
	}
	fmt.Fprintln(out)
	for _, k := range []kind{same, deliberate, newer, incomparable, differs} {
		fmt.Fprintf(out, "%4d  %s\n", count[k], k)
	}
}
