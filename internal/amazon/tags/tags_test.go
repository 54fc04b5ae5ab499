package tags

import (
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
)

func TestUndated(t *testing.T) {
	for text, want := range map[string]string{
		"web-1700000000": "web-DATE", "web-2026-11-24": "web-DATE", "web 20261124153000": "web DATE", "web-2026-11-24T15:30:00Z": "web-DATE",
		"web-20261124-1530": "web-DATE", "web-v12": "web-v12", "debian-12.4": "debian-12.4", "": "",
		"1700000000 1700000000123": "DATE DATE", "owner 123456789012": "owner 123456789012", "build-450000001": "build-450000001",
	} {
		if got := Undated(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	all := UndatedAll(map[string]string{"Built": "1700000000", "Team": "a"})
	if all["Built"] != "DATE" || all["Team"] != "a" {
		t.Errorf("got %v", all)
	}
	if b := UndatedBlocks([]Block{{Key: "Built", Value: "1700000000"}}); b[0].Value != "DATE" || b[0].Key != "Built" {
		t.Errorf("got %v", b)
	}
}

func TestFit(t *testing.T) {
	for text, want := range map[string]string{
		"folder/amazon-ebs.web": "folder/amazon-ebs.web", "my (own), ünïcode & more": "my -own-- ünïcode - more", strings.Repeat("ü", 300): strings.Repeat("ü", 256),
	} {
		if got := Fit(text); got != want {
			t.Errorf("%q: got %q", text, got)
		}
	}
}

func TestRender(t *testing.T) {
	s := Of(types.Image{
		ImageId: aws.String("ami-1"), Name: aws.String("base"), OwnerId: aws.String("123"), Tags: []types.Tag{{Key: aws.String("OS"), Value: aws.String("debian")}},
	}, "eu-west-1")
	for text, want := range map[string]string{
		"plain":                             "plain",
		"{{ .SourceAMI }} {{.BuildRegion}}": "ami-1 eu-west-1",
		"{{ .SourceAMITags.OS }}":           "debian",
		`{{ index .SourceAMITags "OS" }}`:   "debian",
		"{{ .SourceAMIOwner }} {{.SourceAMIName}} {{.SourceAMIOwnerName}}.": "123 base .",
	} {
		got, err := s.Render(gotmpl.Funcs{}, map[string]string{"a": text, text: "b"})
		if err != nil || !maps.Equal(got, map[string]string{"a": want, want: "b"}) {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	if _, err := s.Render(gotmpl.Funcs{}, map[string]string{"a": "{{ .Nothing }}"}); err == nil || !strings.Contains(err.Error(), "the tag a: ") {
		t.Errorf("got %v", err)
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name   string
		blocks []Block
		want   string
	}{
		{"a key", []Block{{Key: "a", Value: "{{ .SourceAMIName }}"}}, ""},
		{"a name", []Block{{Name: "a"}}, ""},
		{"a tag of the source", []Block{{Name: "a", Value: "{{ .SourceAMITags.OS }}"}}, ""},
		{"none", []Block{{Value: "a"}}, "tag.key: It is required."},
		{"both", []Block{{Key: "a", Name: "b"}}, "tag.name: It is the same as key"},
		{"an unknown value", []Block{{Key: "a", Value: "{{ .SourceAmi }}"}}, "SourceAMI"},
	} {
		err := Check("tag", c.blocks)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

func TestMergeAndToEC2(t *testing.T) {
	all := ToEC2(Merge(map[string]string{"b": "1", "c": "2"}, []Block{{Name: "a", Value: "3"}, {Key: "b", Value: "4"}}))
	var got []string
	for _, tag := range all {
		got = append(got, aws.ToString(tag.Key)+"="+aws.ToString(tag.Value))
	}
	if strings.Join(got, " ") != "a=3 b=4 c=2" {
		t.Errorf("got %v", got)
	}
	if s := Specifications(map[string]string{"a": "1"}, types.ResourceTypeImage, types.ResourceTypeSnapshot); len(s) != 2 || s[1].ResourceType != types.ResourceTypeSnapshot {
		t.Errorf("got %v", s)
	}
	if s := Specifications(nil, types.ResourceTypeImage); s != nil {
		t.Errorf("without tags EC2 takes no specification, got %v", s)
	}
}
