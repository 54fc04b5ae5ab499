package gotmpl

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"
)

// What rendering one text may take; what wants more may never end.
const (
	maxSteps   = 200_000  // actions, where there are loops; 64 bytes given to a function are one, too
	maxOutput  = 16 << 20 // bytes, also of what a function is given
	maxActions = 10_000   // of a text: the parser recurses
	maxWidth   = 10_000   // of printf
)

// meter counts what the rendering of one text does.
type meter int

func (m *meter) spend(steps int) (string, error) {
	if *m += meter(steps); *m > maxSteps {
		return "", fmt.Errorf("it takes more than %d steps", maxSteps)
	}
	return "", nil
}

// limited is a text that can only become so long.
type limited struct{ strings.Builder }

// Write adds to the text.
func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > maxOutput {
		return 0, fmt.Errorf("the text has more than %d MiB", maxOutput>>20)
	}
	return l.Builder.Write(p)
}

// functions are those of the table and those built in that make texts; each
// counts what it is given.
func (m *meter) functions(table template.FuncMap) template.FuncMap {
	table["print"], table["printf"], table["println"] = fmt.Sprint, printf, fmt.Sprintln
	table["html"], table["js"], table["urlquery"] = template.HTMLEscaper, template.JSEscaper, template.URLQueryEscaper
	for name, f := range table {
		table[name] = m.counted(f)
	}
	return table
}

// counted is f, with an error when it is given too much.
func (m *meter) counted(f any) any {
	call := reflect.ValueOf(f)
	kind, fault := call.Type(), reflect.TypeFor[error]()
	var in []reflect.Type
	for i := range kind.NumIn() {
		in = append(in, kind.In(i))
	}
	out := reflect.FuncOf(in, []reflect.Type{kind.Out(0), fault}, kind.IsVariadic())
	return reflect.MakeFunc(out, func(args []reflect.Value) []reflect.Value {
		n := 0
		for _, a := range args {
			n += length(a)
		}
		_, err := m.spend(1 + n/64)
		if err == nil && n > maxOutput {
			err = fmt.Errorf("the text has more than %d MiB", maxOutput>>20)
		}
		if err != nil {
			return []reflect.Value{reflect.Zero(kind.Out(0)), reflect.ValueOf(&err).Elem()}
		}
		results := call.Call
		if kind.IsVariadic() {
			results = call.CallSlice
		}
		all := results(args)
		if kind.NumOut() == 1 {
			all = append(all, reflect.Zero(fault))
		}
		return all
	}).Interface()
}

// length is that of the texts in an argument.
func length(v reflect.Value) int {
	switch v.Kind() {
	case reflect.Interface:
		return length(v.Elem())
	case reflect.String:
		return v.Len()
	case reflect.Slice:
		n := 0
		for i := range v.Len() {
			n += length(v.Index(i))
		}
		return n
	}
	return 0
}

func printf(format string, args ...any) (string, error) {
	longest, widest := 64, 0
	for _, a := range args {
		longest = max(longest, length(reflect.ValueOf(a)))
		if n, ok := a.(int); ok {
			widest = max(widest, n, -n)
		}
	}
	for _, digits := range regexp.MustCompile(`\d+`).FindAllString(format, -1) {
		n, err := strconv.Atoi(digits)
		if err != nil || n > maxWidth {
			return "", fmt.Errorf("a width of %s is too large; the limit is %d", digits, maxWidth)
		}
		longest = max(longest, n)
	}
	if strings.Contains(format, "*") {
		if longest = max(longest, widest); widest > maxWidth {
			return "", fmt.Errorf("a width of %d is too large; the limit is %d", widest, maxWidth)
		}
	}
	if strings.Count(format, "%")*longest > maxOutput {
		return "", fmt.Errorf("the text has more than %d MiB", maxOutput>>20)
	}
	return fmt.Sprintf(format, args...), nil
}

func replaceAll(old, with, s string) (string, error) { return replace(old, with, -1, s) }

func replace(old, with string, n int, s string) (string, error) {
	times := strings.Count(s, old)
	if n >= 0 {
		times = min(times, n)
	}
	if len(s)+times*len(with) > maxOutput {
		return "", fmt.Errorf("the text has more than %d MiB", maxOutput>>20)
	}
	return strings.Replace(s, old, with, n), nil
}

// watch makes the loops and templates in t count their actions. What counts has
// a name that the text could not use when it was parsed.
func (m *meter) watch(t *template.Template) error {
	t.Funcs(template.FuncMap{"spend": m.spend})
	for _, one := range t.Templates() {
		if one.Tree == nil || one.Root == nil {
			continue
		}
		if err := count(one.Root); err != nil {
			return err
		}
	}
	return nil
}

// count puts a count of its actions in front of a list, and of the lists of the
// loops in it.
func count(list *parse.ListNode) error {
	n, err := actions(list)
	if err != nil {
		return err
	}
	trees, err := parse.Parse("count", fmt.Sprintf("{{spend %d}}", n+1), "", "", map[string]any{"spend": printf})
	if err != nil {
		return err
	}
	list.Nodes = append(trees["count"].Root.Nodes[:1:1], list.Nodes...)
	return nil
}

// actions counts those of a list, without what is in the loops of it.
func actions(list *parse.ListNode) (int, error) {
	if list == nil {
		return 0, nil
	}
	n := len(list.Nodes)
	for _, node := range list.Nodes {
		var inner []*parse.ListNode
		switch node := node.(type) {
		case *parse.RangeNode:
			if err := count(node.List); err != nil {
				return 0, err
			}
			inner = []*parse.ListNode{node.ElseList}
		case *parse.IfNode:
			inner = []*parse.ListNode{node.List, node.ElseList}
		case *parse.WithNode:
			inner = []*parse.ListNode{node.List, node.ElseList}
		}
		for _, l := range inner {
			more, err := actions(l)
			if n += more; err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}
