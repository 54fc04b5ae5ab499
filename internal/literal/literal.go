// Package literal writes values as Packer's inspect and console do: HCL for
// lists and maps, with every key quoted and nothing aligned.
package literal

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/redact"
)

// Unknown stands for a value that is not known yet.
const Unknown = "<unknown>"

// Text writes a value; a string stands alone without quotes. Hidden shows that
// there is a value and its shape, but no part of it.
func Text(v cty.Value, hidden bool) string {
	w := writer{hidden: hidden}
	w.value(v, "", false)
	return w.String()
}

type writer struct {
	strings.Builder
	hidden bool
}

func (w *writer) value(v cty.Value, indent string, quoted bool) {
	kind := v.Type()
	switch {
	case !v.IsKnown():
		w.WriteString(Unknown)
	case v.IsNull():
		w.WriteString("null")
	case kind.IsPrimitiveType():
		w.primitive(v, quoted)
	case kind.IsObjectType() || kind.IsMapType():
		w.pairs(v, indent)
	case v.CanIterateElements():
		w.list(v, indent)
	default:
		w.WriteString(kind.FriendlyName())
	}
}

func (w *writer) primitive(v cty.Value, quoted bool) {
	text := ""
	switch v.Type() {
	case cty.Bool:
		text = strconv.FormatBool(v.True())
	case cty.Number:
		text = number(v.AsBigFloat())
	default:
		text = v.AsString()
	}
	isText := v.Type() == cty.String
	if w.hidden && text != "" {
		text, isText = redact.Placeholder, true
	}
	if quoted && isText {
		text = strconv.Quote(text)
	}
	w.WriteString(text)
}

// number has all digits of a whole number of 64 bits, and those of a double
// else.
func number(f *big.Float) string {
	if n, exact := f.Int64(); exact == big.Exact {
		return strconv.FormatInt(n, 10)
	}
	short, _ := f.Float64()
	return fmt.Sprint(short)
}

func (w *writer) pairs(v cty.Value, indent string) {
	inner, any := indent+"  ", false
	w.WriteByte('{')
	for it := v.ElementIterator(); it.Next(); {
		key, value := it.Element()
		if value.IsKnown() && value.IsNull() {
			continue // an option set to null is not set
		}
		any = true
		w.WriteString("\n" + inner + strconv.Quote(key.AsString()) + " = ")
		w.value(value, inner, true)
	}
	if any {
		w.WriteString("\n" + indent)
	}
	w.WriteByte('}')
}

func (w *writer) list(v cty.Value, indent string) {
	if v.LengthInt() == 0 {
		w.WriteString("[]")
		return
	}
	inner := indent + "  "
	w.WriteString("[\n")
	for it := v.ElementIterator(); it.Next(); {
		_, value := it.Element()
		w.WriteString(inner)
		w.value(value, inner, true)
		w.WriteString(",\n")
	}
	w.WriteString(indent + "]")
}
