package wire

import (
	"errors"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

type request struct {
	Page
	ImageId  string `q:",required"`
	Owners   []string
	Device   []device `q:"BlockDeviceMapping"`
	Count    *int64
	DryRun   bool
	Weight   float64
	At       time.Time
	Metadata *device
}

type device struct {
	Name string `q:",required"`
	Ebs  struct{ Size int64 }
}

func codeOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestDecode(t *testing.T) {
	three := int64(3)
	disk := device{Name: "b"}
	disk.Ebs.Size = 8
	for _, c := range []struct {
		query string
		want  request
		code  string
	}{
		{query: "ImageId=a&Owners.1=x&Owners.2=y", want: request{ImageId: "a", Owners: []string{"x", "y"}}},
		{query: "ImageId=a&Owners.member.1=x", want: request{ImageId: "a", Owners: []string{"x"}}},
		{query: "ImageId=&BlockDeviceMapping.1.Name=b&BlockDeviceMapping.1.Ebs.Size=8", want: request{Device: []device{disk}}},
		{query: "ImageId=a&Count=3&DryRun=true&Weight=1.5&NextToken=n&MaxResults=3", want: request{ImageId: "a", Count: &three, DryRun: true, Weight: 1.5, Page: Page{&three, "n"}}},
		{query: "ImageId=a&At=2026-01-02T03:04:05Z", want: request{ImageId: "a", At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}},
		{query: "ImageId=a&Metadata.Name=m", want: request{ImageId: "a", Metadata: &device{Name: "m"}}},
		{query: "", code: "MissingParameter"},
		{query: "ImageId=a&Metadata.Ebs.Size=1", code: "MissingParameter"},
		{query: "ImageId=a&Bogus=1", code: "UnknownParameter"},
		{query: "ImageId=a&Metadata.Name=m&Metadata.Ebs.Sise=1", code: "UnknownParameter"},
		{query: "ImageId.1=a", code: "UnknownParameter"},
		{query: "ImageId=a&Owners=x", code: "UnknownParameter"},
		{query: "ImageId=a&Metadata=x", code: "UnknownParameter"},
		{query: "ImageId=a&Owners.2=x", code: "InvalidParameterValue"},
		{query: "ImageId=a&Owners.x=x", code: "InvalidParameterValue"},
		{query: "ImageId=a&Count=x", code: "InvalidParameterValue"},
		{query: "ImageId=a&DryRun=yes", code: "InvalidParameterValue"},
		{query: "ImageId=a&Weight=x", code: "InvalidParameterValue"},
		{query: "ImageId=a&At=tomorrow", code: "InvalidParameterValue"},
		{query: "ImageId=a&ImageId=b", code: "MalformedQueryString"},
	} {
		form, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		var got request
		err = Decode(form, &got)
		if code := codeOf(err); code != c.code {
			t.Errorf("%s: %v, want %s", c.query, err, c.code)
		}
		if err == nil && !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v", c.query, got)
		}
	}
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"a", "a", true},
		{"a", "A", false},
		{"a*", "abc", true},
		{"*c", "abc", true},
		{"a*b*c", "axxbyyc", true},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{`a\*`, "a*", true},
		{`a\*`, "ab", false},
		{"", "", true},
		{"*", "", true},
		{"a", "", false},
	} {
		if got := Matches(c.pattern, c.text); got != c.want {
			t.Errorf("%s, %s: %t", c.pattern, c.text, got)
		}
	}
}

func TestSelect(t *testing.T) {
	all := []*device{{Name: "one"}, {Name: "two"}, {Name: "three"}}
	fields := Fields[device]{"name": One(func(d *device) string { return d.Name })}
	tags := func(d *device) []Tag { return []Tag{{"of-" + d.Name[:1], d.Name}} }
	for _, c := range []struct {
		filters []Filter
		want    string
		code    string
	}{
		{want: "one two three "},
		{filters: []Filter{{"name", []string{"t*", "x"}}}, want: "two three "},
		{filters: []Filter{{"name", []string{"t*"}}, {"tag:of-t", []string{"*ee"}}}, want: "three "},
		{filters: []Filter{{"tag-key", []string{"of-o"}}}, want: "one "},
		{filters: []Filter{{"colour", []string{"a"}}}, code: "InvalidParameterValue"},
		{filters: []Filter{{"name", nil}}, code: "InvalidParameterValue"},
	} {
		found, err := Select(all, c.filters, fields, tags)
		got := ""
		for _, d := range found {
			got += d.Name + " "
		}
		if code := codeOf(err); code != c.code || got != c.want {
			t.Errorf("%v: %s, %v", c.filters, got, err)
		}
	}
}

func TestCut(t *testing.T) {
	all := []int{1, 2, 3, 4, 5, 6, 7}
	three := int64(3)
	var got []int
	token := ""
	for range 3 {
		page, next, err := Cut(all, Page{&three, token}, 2, 10, "")
		if err != nil {
			t.Fatal(err)
		}
		got, token = append(got, page...), next
	}
	if token != "" || !slices.Equal(got, all) {
		t.Errorf("%v, %q", got, token)
	}
	for code, p := range map[string]Page{"InvalidPaginationToken": {nil, "bogus"}, "InvalidParameterValue": {&three, ""}} {
		if _, _, err := Cut(all, p, 5, 10, ""); codeOf(err) != code {
			t.Errorf("%v", err)
		}
	}
	if _, _, err := Cut(all, Page{&three, ""}, 1, 10, "ids"); codeOf(err) != "InvalidParameterCombination" {
		t.Errorf("%v", err)
	}
}

func TestAnswers(t *testing.T) {
	body, err := Body(struct {
		Tags []Tag `xml:"tagSet>item"`
		No   []Tag `xml:"noSet>item"`
	}{Tags: []Tag{{"a", "<b>"}}})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	Answer(w, "DescribeTags", "r-1", body)
	AnswerQuery(w, "ns", "Get", "r-2", "<a/>")
	Refuse(w, "r-3", Bad("AuthFailure", "<no>"))
	RefuseQuery(w, "ns", "r-4", Bad("InternalError", "no"))
	for _, want := range []string{
		`<DescribeTagsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r-1</requestId><tagSet><item><key>a</key><value>&lt;b&gt;</value></item></tagSet><noSet></noSet></DescribeTagsResponse>`,
		`<GetResponse xmlns="ns"><GetResult><a/></GetResult>`, `<Message>&lt;no&gt;</Message>`, `<Type>Receiver</Type><Code>InternalError</Code>`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s in %s", want, w.Body)
		}
	}
}
