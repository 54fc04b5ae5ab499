package legacy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/hclfile"
)

// kind is what a JSON value is.
type kind int

const (
	null kind = iota
	boolean
	number
	text
	list
	object
)

func (k kind) String() string {
	return [...]string{"null", "true or false", "a number", "a string", "a list", "an object"}[k]
}

// value is a JSON value with its place.
type value struct {
	kind    kind
	text    string   // of a string; the spelling of a number or a boolean
	items   []value  // of a list
	members []member // of an object, as they stand in the file
	at      hcl.Range
}

// member is one name and value of an object.
type member struct {
	name  string
	at    hcl.Range // of the name
	value value
}

// get is the member with a name, or nil.
func (v value) get(name string) *member {
	for i := range v.members {
		if v.members[i].name == name {
			return &v.members[i]
		}
	}
	return nil
}

// parser makes values of JSON. encoding/json checked the text before: what is
// left to do is to find the places, which it does not tell.
type parser struct {
	name  string
	src   []byte
	lines []int // where each line starts
	dec   *json.Decoder
	diags hcl.Diagnostics
}

// read reads one JSON object, and complains of names that stand in it twice.
func read(name string, src []byte) (value, hcl.Diagnostics) {
	p := &parser{name: name, src: src, lines: []int{0}, dec: json.NewDecoder(bytes.NewReader(src))}
	for i, b := range src {
		if b == '\n' {
			p.lines = append(p.lines, i+1)
		}
	}
	var any json.RawMessage
	if err := json.Unmarshal(src, &any); err != nil {
		at := len(src)
		if e := (*json.SyntaxError)(nil); errors.As(err, &e) {
			at = int(e.Offset)
		}
		at = max(min(at, len(src))-1, 0)
		return value{}, hcl.Diagnostics{hclfile.Error(p.place(at, min(at+1, len(src))).Ptr(), "Unreadable JSON template",
			"It is read as a legacy JSON template, as its name ends in neither .pkr.hcl nor .pkr.json: "+err.Error()+".")}
	}
	p.dec.UseNumber()
	v := p.value()
	if v.kind != object {
		p.fail(v.at, "Not a template", fmt.Sprintf("A legacy JSON template is an object with \"builders\", not %s.", v.kind))
	}
	return v, p.diags
}

func (p *parser) fail(at hcl.Range, summary, detail string) {
	p.diags = append(p.diags, hclfile.Error(&at, summary, detail))
}

// next reads a token and tells where it starts.
func (p *parser) next() (json.Token, int) {
	start := int(p.dec.InputOffset())
	for start < len(p.src) && bytes.IndexByte([]byte(" \t\r\n,:"), p.src[start]) >= 0 {
		start++
	}
	token, err := p.dec.Token()
	if err != nil {
		panic("legacy: valid JSON cannot be read: " + err.Error())
	}
	return token, start
}

func (p *parser) value() value {
	token, start := p.next()
	var v value
	switch t := token.(type) {
	case nil:
		v.kind = null
	case bool:
		v.kind, v.text = boolean, fmt.Sprint(t)
	case json.Number:
		v.kind, v.text = number, t.String()
	case string:
		v.kind, v.text = text, t
	case json.Delim:
		if t == '[' {
			v.kind = list
			for p.dec.More() {
				v.items = append(v.items, p.value())
			}
		} else {
			v.kind, v.members = object, p.members()
		}
		p.next()
	}
	v.at = p.place(start, int(p.dec.InputOffset()))
	return v
}

func (p *parser) members() []member {
	var all []member
	seen := map[string]hcl.Range{}
	for p.dec.More() {
		token, start := p.next()
		name, _ := token.(string)
		m := member{name: name, at: p.place(start, int(p.dec.InputOffset()))}
		m.value = p.value()
		if first, twice := seen[m.name]; twice {
			p.fail(m.at, "Duplicate key", fmt.Sprintf("The key %q is already set at %s.", m.name, first))
			continue
		}
		seen[m.name] = m.at
		all = append(all, m)
	}
	return all
}

// place is the range of some bytes.
func (p *parser) place(start, end int) hcl.Range {
	return hcl.Range{Filename: p.name, Start: p.pos(start), End: p.pos(end)}
}

func (p *parser) pos(at int) hcl.Pos {
	low, high := 0, len(p.lines)
	for high-low > 1 {
		if mid := (low + high) / 2; p.lines[mid] <= at {
			low = mid
		} else {
			high = mid
		}
	}
	return hcl.Pos{Line: low + 1, Column: at - p.lines[low] + 1, Byte: at}
}
