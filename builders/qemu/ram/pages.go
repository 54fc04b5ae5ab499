package ram

import "hash/maphash"

// Pages tells what a memory has in its pages, so that the next one can be
// written as what differs.
type Pages struct {
	seed   maphash.Seed
	groups map[group]*[groupSize]page
	count  uint32 // pages with content, in the order of the stream
	kept   int    // pages in the files of this memory and those before, to the last that is whole
}

// groupSize is how many neighbours are kept track of together: 2 MiB of memory.
const groupSize = 512

type group struct {
	block string
	at    uint64
}

type page struct {
	hash uint64
	nth  uint32 // in the stream, from 1; 0: it has no content
}

// after begins the table of the memory that follows another one, or none.
func after(old *Pages) *Pages {
	p := &Pages{groups: map[group]*[groupSize]page{}}
	if old == nil {
		p.seed = maphash.MakeSeed()
		return p
	}
	p.seed, p.kept = old.seed, old.kept
	return p
}

// add notes the next page, and tells what its place has among others.
func (p *Pages) add(block string, number uint64, content []byte) page {
	at := group{block, number / groupSize}
	g := p.groups[at]
	if g == nil {
		g = new([groupSize]page)
		p.groups[at] = g
	}
	p.count++
	added := page{hash: maphash.Bytes(p.seed, content), nth: p.count}
	g[number%groupSize] = added
	return added
}

// find gives the page of a place.
func (p *Pages) find(block string, number uint64) page {
	if p == nil {
		return page{}
	}
	if g := p.groups[group{block, number / groupSize}]; g != nil {
		return g[number%groupSize]
	}
	return page{}
}

// Base gives what the next memory is to be written against: nil, which makes it
// whole, once most of what the chain keeps is out of date, or if nothing of it
// was understood.
func (p *Pages) Base() *Pages {
	if p == nil || p.kept > 2*int(p.count) || p.count == 0 {
		return nil
	}
	return p
}
