package network

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// lookupLimit bounds the search for our own address.
const lookupLimit = 5 * time.Second

// Way is how the instance is entered.
type Way struct {
	Port    int
	Private bool     // at a private address
	IPv6    bool     // over IPv6
	From    []string // hosts that enter it for us: a bastion's or a proxy's; then our own address is of no use
}

// Sources are the networks that are let in.
func (o *Options) Sources(ctx context.Context, c *ec2.Client, vpc string, w Way, out *ui.UI) ([]string, error) {
	if len(o.SourceCIDRs) > 0 {
		return o.SourceCIDRs, nil
	}
	if len(w.From) == 0 && !w.Private {
		own, err := o.own(ctx, c)
		if err == nil && own.Is6() == w.IPv6 {
			return []string{netip.PrefixFrom(own, own.BitLen()).String()}, nil
		}
		why := "it is not of the protocol that ssh_interface names"
		if err != nil {
			why = err.Error()
		}
		out.Warn("our own address as EC2 sees it is not known (%s): the instance lets in the VPC's networks; temporary_security_group_source_cidrs names others", why)
	}
	all, err := networksOf(ctx, c, vpc, w.IPv6)
	if here, _, dialErr := dial(ctx, c); w.Private && len(w.From) == 0 && dialErr == nil && here.IsPrivate() {
		all = append(all, netip.PrefixFrom(here, here.BitLen()).String()) // of a network that the VPC may be connected with
	}
	for _, host := range w.From {
		if ip, err := netip.ParseAddr(host); err == nil {
			all = append(all, netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen()).String())
		}
	}
	return all, err
}

// own is our address as EC2's API sees it: the one we speak from, when the API
// is on this network or we have a public address, or what Amazon tells us.
func (o *Options) own(ctx context.Context, c *ec2.Client) (netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	here, there, err := dial(ctx, c)
	switch {
	case err == nil && (near(there) || !near(here)):
		return here, nil
	case o.CheckIP == "" || o.CheckIP == "none":
		return netip.Addr{}, fmt.Errorf("there is a NAT between us and EC2")
	}
	return ask(ctx, o.CheckIP)
}

// near says whether an address is only known in a network of its own.
func near(a netip.Addr) bool { return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() }

// dial connects to EC2's endpoint, and tells the addresses at both ends.
func dial(ctx context.Context, c *ec2.Client) (here, there netip.Addr, err error) {
	o := c.Options()
	params := ec2.EndpointParameters{Region: aws.String(o.Region), UseDualStack: aws.Bool(false), UseFIPS: aws.Bool(false), Endpoint: o.BaseEndpoint}
	at, err := ec2.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, params)
	if err != nil {
		return here, there, fmt.Errorf("finding EC2's endpoint: %w", err)
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", hostPort(at.URI))
	if err != nil {
		return here, there, fmt.Errorf("finding the way to EC2: %w", err)
	}
	defer conn.Close()
	return addr(conn.LocalAddr()), addr(conn.RemoteAddr()), nil
}

func hostPort(u url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	port := "443"
	if u.Scheme == "http" {
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func addr(a net.Addr) netip.Addr {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}

// ask has a service tell us our address.
func ask(ctx context.Context, service string) (netip.Addr, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, service, nil)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("asking %s for our address: %w", service, err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("asking for our address: %w", err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 100))
	if err != nil {
		return netip.Addr{}, fmt.Errorf("asking %s for our address: %w", service, err)
	}
	ip, err := netip.ParseAddr(strings.TrimSpace(string(text)))
	if err != nil || res.StatusCode != http.StatusOK {
		return netip.Addr{}, fmt.Errorf("%s answers with no address (%s)", service, res.Status)
	}
	return ip.Unmap(), nil
}

// networksOf are the networks of a VPC; "" is the default one.
func networksOf(ctx context.Context, c *ec2.Client, vpc string, ipv6 bool) ([]string, error) {
	in := &ec2.DescribeVpcsInput{}
	if vpc != "" {
		in.VpcIds = []string{vpc}
	} else {
		in.Filters = append(in.Filters, filter("is-default", "true"))
	}
	got, err := c.DescribeVpcs(ctx, in)
	if err != nil {
		return nil, access.Explain(err, "the VPC "+vpc)
	}
	var all []string
	for _, v := range got.Vpcs {
		if ipv6 {
			for _, n := range v.Ipv6CidrBlockAssociationSet {
				all = append(all, aws.ToString(n.Ipv6CidrBlock))
			}
			continue
		}
		all = append(all, aws.ToString(v.CidrBlock))
		for _, n := range v.CidrBlockAssociationSet {
			if aws.ToString(n.CidrBlock) != aws.ToString(v.CidrBlock) {
				all = append(all, aws.ToString(n.CidrBlock))
			}
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("the VPC %s has no networks to let in; set temporary_security_group_source_cidrs", vpc)
	}
	return all, nil
}
