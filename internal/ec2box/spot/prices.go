package spot

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/launch"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// price is an entry of the price history.
type price struct {
	Zone    string `xml:"availabilityZone"`
	Type    string `xml:"instanceType"`
	Product string `xml:"productDescription"`
	Price   string `xml:"spotPrice"`
	At      string `xml:"timestamp"`
}

type describePricesIn struct {
	wire.Page
	InstanceType       []string
	ProductDescription []string
	AvailabilityZone   string
	StartTime, EndTime time.Time
	Filter             []wire.Filter
}

func describePrices(c *world.Call, in describePricesIn) (any, error) {
	var all []*price
	for _, t := range launch.Types() {
		for n, zone := range c.Zones() {
			if (len(in.InstanceType) == 0 || slices.Contains(in.InstanceType, t.Name)) && (in.AvailabilityZone == "" || in.AvailabilityZone == zone) && launch.Offered(c, t.Name, zone) {
				all = append(all, &price{zone, t.Name, "Linux/UNIX", strconv.FormatFloat(t.Price()*(1+float64(n)/10), 'f', 6, 64), world.Now()})
			}
		}
	}
	for _, name := range in.InstanceType {
		if _, err := launch.TypeOf(name); err != nil {
			return nil, fmt.Errorf("looking for spot prices: %w", err)
		}
	}
	all, err := wire.Select(all, in.Filter, wire.Fields[price]{
		"availability-zone": wire.One(func(p *price) string { return p.Zone }), "instance-type": wire.One(func(p *price) string { return p.Type }),
		"product-description": wire.One(func(p *price) string { return p.Product }), "spot-price": wire.One(func(p *price) string { return p.Price }),
	}, nil)
	if err != nil {
		return nil, err
	}
	page, next, err := wire.Cut(all, in.Page, 1, 1000, "")
	return struct {
		Prices []*price `xml:"spotPriceHistorySet>item"`
		Next   string   `xml:"nextToken"`
	}{page, next}, err
}
