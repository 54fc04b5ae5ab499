package network

import (
	"context"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

func TestValidate(t *testing.T) {
	yes := true
	for _, c := range []struct {
		name string
		o    Options
		want []string
	}{
		{"nothing", Options{}, nil},
		{"a VPC and a subnet", Options{VPCID: "vpc-1", SubnetID: "subnet-1"}, nil},
		{"a VPC alone", Options{VPCID: "vpc-1"}, []string{"vpc_id"}},
		{"a VPC that is looked for", Options{VPCFilter: &VPCFilter{}, AssociatePublicIPAddress: &yes}, nil},
		{"two VPCs", Options{VPCID: "vpc-1", VPCFilter: &VPCFilter{}, SubnetID: "s"}, []string{"vpc_id"}},
		{"two subnets", Options{SubnetID: "a", SubnetIDs: []string{"b"}}, []string{"subnet_id"}},
		{"two choices", Options{SubnetFilter: &SubnetFilter{MostFree: true, Random: true}}, []string{"subnet_filter.random"}},
		{"two groups", Options{SecurityGroupID: "a", SecurityGroupFilter: &VPCFilter{}}, []string{"security_group_id"}},
		{"no network", Options{SourceCIDRs: []string{"10.0.0.0/8", "10.0.0.1"}}, []string{"temporary_security_group_source_cidrs"}},
	} {
		var got []string
		for _, p := range option.Problems(c.o.Validate()) {
			got = append(got, p.Option)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: blamed %v, want %v", c.name, got, c.want)
		}
	}
}

type subnet struct {
	ID     string `xml:"subnetId"`
	VPC    string `xml:"vpcId"`
	Zone   string `xml:"availabilityZone"`
	Free   int    `xml:"availableIpAddressCount"`
	Public bool   `xml:"mapPublicIpOnLaunch"`
}

// service answers with subnets and VPCs, and notes what it was asked for.
type service struct {
	t       *testing.T
	subnets []subnet
	asked   []string
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.t.Error(err)
	}
	s.asked = append(s.asked, r.Form.Encode())
	type items struct {
		Item []subnet `xml:"item"`
	}
	type cidr struct {
		VPC  string `xml:"vpcId"`
		CIDR string `xml:"cidrBlock"`
	}
	var out any
	switch r.Form.Get("Action") {
	case "DescribeSubnets":
		out = struct {
			XMLName xml.Name `xml:"DescribeSubnetsResponse"`
			Set     items    `xml:"subnetSet"`
		}{Set: items{s.subnets}}
	case "DescribeVpcs":
		out = struct {
			XMLName xml.Name `xml:"DescribeVpcsResponse"`
			Set     []cidr   `xml:"vpcSet>item"`
		}{Set: []cidr{{"vpc-1", "172.31.0.0/16"}}}
	default:
		s.t.Error("unexpected call", r.Form.Get("Action"))
	}
	if err := xml.NewEncoder(w).Encode(out); err != nil {
		s.t.Error(err)
	}
}

func (s *service) client(t *testing.T) *ec2.Client {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return ec2.New(ec2.Options{Region: "eu-west-1", BaseEndpoint: aws.String(server.URL), Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
}

func TestChoose(t *testing.T) {
	three := []subnet{{"subnet-a", "vpc-1", "a", 5, true}, {"subnet-b", "vpc-1", "b", 50, false}, {"subnet-c", "vpc-2", "c", 20, false}}
	for _, c := range []struct {
		name    string
		o       Options
		subnets []subnet
		want    string // subnets, or a part of the error
		asked   string // a part of the call
	}{
		{name: "EC2's choice", o: Options{AvailabilityZone: "z"}, want: ""},
		{name: "one", o: Options{SubnetID: "subnet-a"}, subnets: three, want: "subnet-a", asked: "SubnetId.1=subnet-a"},
		{name: "several, in their order", o: Options{SubnetIDs: []string{"subnet-b", "subnet-a"}}, subnets: three, want: "subnet-b subnet-a"},
		{name: "of two VPCs", o: Options{SubnetIDs: []string{"subnet-b", "subnet-c"}}, subnets: three, want: "different VPCs"},
		{name: "one that is not there", o: Options{SubnetIDs: []string{"subnet-x"}}, subnets: three, want: "no subnet subnet-x"},
		{name: "a filter", o: Options{SubnetFilter: &SubnetFilter{Filters: map[string]string{"tag:a": "b,c"}}}, subnets: three[:1], want: "subnet-a", asked: "Filter.2.Name=state"},
		{name: "a filter of many", o: Options{SubnetFilter: &SubnetFilter{}}, subnets: three, want: "3 subnets match"},
		{name: "a filter of none", o: Options{SubnetFilter: &SubnetFilter{}}, want: "no subnet matches"},
		{name: "the most free, and the others of its VPC", o: Options{SubnetFilter: &SubnetFilter{MostFree: true}}, subnets: three, want: "subnet-b subnet-a"},
		{name: "a VPC that is looked for, of which there is one", o: Options{VPCFilter: &VPCFilter{}, SubnetFilter: &SubnetFilter{}}, subnets: three[:1], want: "subnet-a", asked: "vpc-id"},
	} {
		s := &service{t: t, subnets: c.subnets}
		places, err := c.o.Choose(t.Context(), s.client(t), nil, &ui.UI{})
		var got []string
		for _, p := range places {
			if got = append(got, p.Subnet); p.Private == (p.Subnet == "subnet-a") && p.Subnet != "" {
				t.Errorf("%s: %s is private: %t", c.name, p.Subnet, p.Private)
			}
		}
		if err == nil && strings.Join(got, " ") != c.want || err != nil && (c.want == "" || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, %v", c.name, got, err)
		}
		if !strings.Contains(strings.Join(s.asked, " "), c.asked) {
			t.Errorf("%s: asked %v", c.name, s.asked)
		}
	}
}

// TestSources lets in ourselves, as the API sees us, and never everybody.
func TestSources(t *testing.T) {
	check := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("203.0.113.7\n"))
	}))
	defer check.Close()
	for _, c := range []struct {
		name string
		o    Options
		w    Way
		want string
	}{
		{"our address on the way to EC2", Options{}, Way{}, "127.0.0.1/32"},
		{"what is written", Options{SourceCIDRs: []string{"0.0.0.0/0"}}, Way{}, "0.0.0.0/0"},
		{"over the VPC's network", Options{}, Way{Private: true}, "172.31.0.0/16"},
		{"a bastion", Options{}, Way{From: []string{"198.51.100.1", "bastion.example"}}, "172.31.0.0/16 198.51.100.1/32"},
	} {
		got, err := c.o.Sources(t.Context(), (&service{t: t}).client(t), "vpc-1", c.w, &ui.UI{})
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %v, %v", c.name, got, err)
		}
	}
	if got, err := ask(t.Context(), check.URL); err != nil || got.String() != "203.0.113.7" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := ask(t.Context(), check.URL+"\x7f"); err == nil {
		t.Error("no error")
	}
	none := Options{CheckIP: "none"}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := none.own(ctx, (&service{t: t}).client(t)); err == nil {
		t.Error("an address without a way to EC2")
	}
}
