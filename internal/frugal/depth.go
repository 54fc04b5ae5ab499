package frugal

import (
	"encoding/json"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// How deeply an expression may be nested: parsers recurse, and a Go program
// whose stack is exhausted ends at once.
const (
	maxDepth = 500    // brackets within brackets
	maxChain = 5_000  // operators and the like without a comma or a line between
	maxParts = 50_000 // lines and interpolations of a text: the parser adds each to all before
)

// lexer makes the tokens of a text.
type lexer func(src []byte, name string, start hcl.Pos) (hclsyntax.Tokens, hcl.Diagnostics)

// Config tells what is nested too deeply in a file in HCL, before it is parsed.
func Config(src []byte, name string) hcl.Diagnostics { return check(src, name, hclsyntax.LexConfig) }

// Template is Config for a text with interpolations.
func Template(src []byte, name string) hcl.Diagnostics {
	return check(src, name, hclsyntax.LexTemplate)
}

func check(src []byte, name string, lex lexer) hcl.Diagnostics {
	if len(src) < maxChain && openers(src) < maxDepth {
		return nil
	}
	tokens, _ := lex(src, name, hcl.InitialPos) // the parser says what is wrong
	type level struct {
		lines bool // a line's end ends an expression
		chain int
		parts int
	}
	open := []level{{lines: true}}
	for _, t := range tokens {
		at := &open[len(open)-1]
		switch t.Type {
		case hclsyntax.TokenNewline:
			if at.lines {
				at.chain = 0
			}
		case hclsyntax.TokenComma:
			at.chain = 0
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp,
			hclsyntax.TokenTemplateControl, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc:
			if t.Type != hclsyntax.TokenTemplateInterp && t.Type != hclsyntax.TokenOQuote {
				at.chain++
			}
			open = append(open, level{lines: t.Type == hclsyntax.TokenOBrace})
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd,
			hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc:
			if len(open) > 1 {
				open = open[:len(open)-1]
			}
		case hclsyntax.TokenQuotedLit, hclsyntax.TokenStringLit:
			if at.parts++; at.parts > maxParts {
				return fault(t.Range, "Text too long", fmt.Sprintf("A text has at most %d lines and interpolations.", maxParts))
			}
		case hclsyntax.TokenIdent, hclsyntax.TokenNumberLit, hclsyntax.TokenComment:
		default:
			at.chain++
		}
		if len(open) > maxDepth || open[len(open)-1].chain > maxChain {
			return tooDeep(t.Range)
		}
	}
	return nil
}

// openers counts what can begin something that is nested.
func openers(src []byte) int {
	n := 0
	for _, c := range src {
		switch c {
		case '(', '[', '{', '"', '<':
			n++
		}
	}
	return n
}

func tooDeep(at hcl.Range) hcl.Diagnostics {
	return fault(at, "Nested too deeply", fmt.Sprintf(
		"At most %d brackets within each other are allowed, and %d operators in a row.", maxDepth, maxChain))
}

func fault(at hcl.Range, summary, detail string) hcl.Diagnostics {
	return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: &at}}
}

// JSON is Config for a file in JSON: for its brackets, and for what stands in
// its texts.
func JSON(src []byte, name string) hcl.Diagnostics {
	depth, line := 0, 1
	for i := 0; i < len(src); i++ {
		switch src[i] {
		case '\n':
			line++
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case '"':
			end := i + 1
			for ; end < len(src) && src[end] != '"'; end++ {
				if src[end] == '\\' {
					end++
				}
			}
			if diags := jsonText(src[i:min(end+1, len(src))], name); diags.HasErrors() {
				diags[0].Subject.Start = hcl.Pos{Line: line, Column: 1, Byte: i}
				diags[0].Subject.End = hcl.Pos{Line: line, Column: 2, Byte: i + 1}
				return diags
			}
			i = end
		}
		if depth > maxDepth {
			at := hcl.Pos{Line: line, Column: 1, Byte: i}
			return tooDeep(hcl.Range{Filename: name, Start: at, End: hcl.Pos{Line: line, Column: 2, Byte: i + 1}})
		}
	}
	return nil
}

func jsonText(quoted []byte, name string) hcl.Diagnostics {
	var text string
	if len(quoted) < maxDepth || json.Unmarshal(quoted, &text) != nil {
		return nil
	}
	if diags := Template([]byte(text), name); diags.HasErrors() {
		return diags
	}
	return check([]byte(text), name, hclsyntax.LexExpression) // as the type of a variable is read
}
