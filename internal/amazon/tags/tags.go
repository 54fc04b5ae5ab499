// Package tags has the tags of EC2's resources: how templates write them, and
// how EC2 takes them.
package tags

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/option"
)

// Block is an entry of a map of tags that is written as a block.
type Block struct {
	// Name of the tag.
	Key string `hcl:"key,optional" template:"late"`
	// The same as key.
	Name string `hcl:"name,optional" template:"late"`
	// Value of the tag. Default empty.
	Value string `hcl:"value,optional" template:"late"`
}

// Fit is a text as the value of a tag: with a dash for what EC2 does not take
// there, and at most 256 characters.
func Fit(text string) string {
	all := []rune(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" +-=._:/@", r) {
			return r
		}
		return '-'
	}, text))
	return string(all[:min(len(all), 256)])
}

// Merge adds the blocks to the entries of the map, as one map.
func Merge(entries map[string]string, blocks []Block) map[string]string {
	all := map[string]string{}
	maps.Copy(all, entries)
	for _, b := range blocks {
		if b.Key == "" {
			b.Key = b.Name
		}
		all[b.Key] = b.Value
	}
	return all
}

// Source is what the texts of tags can use: {{ .SourceAMI }} and its like.
type Source struct {
	BuildRegion           string
	SourceAMI             string
	SourceAMIName         string
	SourceAMICreationDate string
	SourceAMIOwner        string
	SourceAMIOwnerName    string
	SourceAMITags         map[string]string
}

// Of is what the texts of tags can use of a source image.
func Of(image types.Image, region string) Source {
	s := Source{
		BuildRegion: region, SourceAMI: aws.ToString(image.ImageId), SourceAMIName: aws.ToString(image.Name), SourceAMITags: map[string]string{},
		SourceAMICreationDate: aws.ToString(image.CreationDate), SourceAMIOwner: aws.ToString(image.OwnerId), SourceAMIOwnerName: aws.ToString(image.ImageOwnerAlias),
	}
	for _, t := range image.Tags {
		s.SourceAMITags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return s
}

// Render renders the keys and values of tags.
func (s Source) Render(text gotmpl.Funcs, tags map[string]string) (map[string]string, error) {
	all := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		name, err := gotmpl.Render(key, s, text)
		if err != nil {
			return nil, fmt.Errorf("the tag %s: %w", key, err)
		}
		if all[name], err = gotmpl.Render(tags[key], s, text); err != nil {
			return nil, fmt.Errorf("the tag %s: %w", key, err)
		}
	}
	return all, nil
}

// ToEC2 are tags as EC2 takes them, by name.
func ToEC2(tags map[string]string) []types.Tag {
	var all []types.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		all = append(all, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return all
}

// Specifications tag what a call creates of each of these kinds.
func Specifications(tags map[string]string, kinds ...types.ResourceType) []types.TagSpecification {
	if len(tags) == 0 { // which EC2 would refuse
		return nil
	}
	var all []types.TagSpecification
	for _, kind := range kinds {
		all = append(all, types.TagSpecification{ResourceType: kind, Tags: ToEC2(tags)})
	}
	return all
}

// Check reports blocks of tags without a key, and what CheckText does.
func Check(name string, blocks []Block) error {
	for _, b := range blocks {
		switch {
		case b.Key == "" && b.Name == "":
			return option.Bad(name+".key", "It is required.")
		case b.Key != "" && b.Name != "":
			return option.Bad(name+".name", "It is the same as key; set one of the two.")
		}
	}
	return CheckText(name, Merge(nil, blocks))
}

// CheckText reports texts that use values which will not be there.
func CheckText(name string, texts map[string]string) error {
	some := Source{SourceAMITags: map[string]string{}}
	for key, value := range texts {
		for _, text := range []string{key, value} {
			if strings.Contains(text, "SourceAMITags") { // which ones there are shows later
				continue
			}
			if _, err := gotmpl.Render(text, some, gotmpl.Funcs{}); err != nil {
				return option.Bad(name, "%s.", fmt.Errorf("%s: %w", key, err))
			}
		}
	}
	return nil
}

// Template is what resources are tagged with as their template: the name of its
// folder, and the build.
func Template(root, build string) string {
	if abs, err := filepath.Abs(root); err == nil {
		root = abs
	}
	return Fit(filepath.Base(root) + "/" + build)
}
