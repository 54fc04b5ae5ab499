// Package jsontree reads JSON and keeps where everything stands, which
// encoding/json does not tell.
package jsontree

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/hclfile"
)

// Kind is what a JSON value is.
type Kind int

// The kinds of values.
const (
	Null Kind = iota
	Boolean
	Number
	Text
	List
	Object
)

func (k Kind) String() string {
	return [...]string{"null", "true or false", "a number", "a string", "a list", "an object"}[k]
}

// Value is a JSON value with its place.
type Value struct {
	Kind    Kind
	Text    string   // of a string; the spelling of a number or a boolean
	Items   []Value  // of a list
	Members []Member // of an object, as they stand in the file
	At      hcl.Range
}

// Member is one name and value of an object.
type Member struct {
	Name  string
	At    hcl.Range // of the name
	Value Value
}

// Get is the first member with a name, or nil.
func (v Value) Get(name string) *Member {
	for i := range v.Members {
		if v.Members[i].Name == name {
			return &v.Members[i]
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

// Read reads one JSON value, and complains of names that stand in an object
// twice. What is no JSON is reported with a summary and the expectation it failed.
func Read(name string, src []byte, summary, expected string) (Value, hcl.Diagnostics) {
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
		return Value{}, hcl.Diagnostics{hclfile.Error(p.place(at, min(at+1, len(src))).Ptr(), summary, expected+", and this is not: "+err.Error()+".")}
	}
	p.dec.UseNumber()
	return p.value(), p.diags
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

func (p *parser) value() Value {
	token, start := p.next()
	var v Value
	switch t := token.(type) {
	case nil:
		v.Kind = Null
	case bool:
		v.Kind, v.Text = Boolean, fmt.Sprint(t)
	case json.Number:
		v.Kind, v.Text = Number, t.String()
	case string:
		v.Kind, v.Text = Text, t
	case json.Delim:
		if t == '[' {
			v.Kind = List
			for p.dec.More() {
				v.Items = append(v.Items, p.value())
			}
		} else {
			v.Kind, v.Members = Object, p.members()
		}
		p.next()
	}
	v.At = p.place(start, int(p.dec.InputOffset()))
	return v
}

func (p *parser) members() []Member {
	var all []Member
	seen := map[string]hcl.Range{}
	for p.dec.More() {
		token, start := p.next()
		name, _ := token.(string)
		m := Member{Name: name, At: p.place(start, int(p.dec.InputOffset()))}
		m.Value = p.value()
		if first, twice := seen[m.Name]; twice {
			p.diags = append(p.diags, hclfile.Error(&m.At, "Duplicate key", fmt.Sprintf("The key %q is already set at %s.", m.Name, first)))
		} else {
			seen[m.Name] = m.At
		}
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
