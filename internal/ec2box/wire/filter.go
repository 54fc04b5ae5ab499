package wire

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Tag is a name and a value that stick to a resource.
type Tag struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

// Filter is a filter of a Describe action.
type Filter struct {
	Name  string `q:",required"`
	Value []string
}

// Fields are the filters that a kind of resource has, with the values that a
// resource has for each.
type Fields[T any] map[string]func(*T) []string

// One is a filter on one value.
func One[T any](of func(*T) string) func(*T) []string {
	return func(t *T) []string { return []string{of(t)} }
}

// Select keeps what all filters let through. tags may be nil.
func Select[T any](all []*T, filters []Filter, fields Fields[T], tags func(*T) []Tag) ([]*T, error) {
	for _, f := range filters {
		values, err := valuesOf(f, fields, tags)
		if err != nil {
			return nil, err
		}
		if len(f.Value) == 0 {
			return nil, Bad("InvalidParameterValue", "The filter '%s' has no values", f.Name)
		}
		all = slices.DeleteFunc(slices.Clone(all), func(t *T) bool {
			return !slices.ContainsFunc(values(t), func(v string) bool {
				return slices.ContainsFunc(f.Value, func(p string) bool { return Matches(p, v) })
			})
		})
	}
	return all, nil
}

func valuesOf[T any](f Filter, fields Fields[T], tags func(*T) []Tag) (func(*T) []string, error) {
	if values := fields[f.Name]; values != nil {
		return values, nil
	}
	key, isTag := strings.CutPrefix(f.Name, "tag:")
	if tags == nil || !isTag && f.Name != "tag-key" {
		known := strings.Join(slices.Sorted(maps.Keys(fields)), ", ")
		return nil, Bad("InvalidParameterValue", "The filter '%s' is invalid; the sandbox knows %s", f.Name, known)
	}
	return func(t *T) []string {
		var values []string
		for _, tag := range tags(t) {
			if !isTag {
				values = append(values, tag.Key)
			} else if tag.Key == key {
				values = append(values, tag.Value)
			}
		}
		return values
	}, nil
}

// Matches says whether a text fits a pattern with * and ?, which a backslash
// makes plain.
func Matches(pattern, text string) bool {
	for pattern != "" {
		switch c := pattern[0]; {
		case c == '*':
			for i := range len(text) + 1 {
				if Matches(pattern[1:], text[i:]) {
					return true
				}
			}
			return false
		case text == "":
			return false
		case c == '?':
		default:
			if c == '\\' && len(pattern) > 1 {
				pattern = pattern[1:]
			}
			if pattern[0] != text[0] {
				return false
			}
		}
		pattern, text = pattern[1:], text[1:]
	}
	return text == ""
}

// Page is the part of a list that is asked for.
type Page struct {
	MaxResults *int64
	NextToken  string
}

// Cut gives a page of a list, and the token of the next one. The page may be
// from low to high long; listed is the parameter that names resources and so
// excludes pages, "" where that was not given.
func Cut[T any](all []T, p Page, low, high int64, listed string) (page []T, next string, err error) {
	size := high
	if p.MaxResults != nil {
		size = *p.MaxResults
		if listed != "" {
			return nil, "", Together(listed, "maxResults")
		}
		if size < low || size > high {
			return nil, "", Invalid(strconv.FormatInt(size, 10), "maxResults", "Expecting a value between %d and %d.", low, high)
		}
	}
	from := 0
	if p.NextToken != "" {
		raw, _ := base64.StdEncoding.DecodeString(p.NextToken)
		if n, err := fmt.Sscanf(string(raw), "page from %d", &from); n != 1 || err != nil || from > len(all) {
			return nil, "", Bad("InvalidPaginationToken", "The specified pagination token '%s' is not valid", p.NextToken)
		}
	}
	all = all[from:]
	if int64(len(all)) <= size {
		return all, "", nil
	}
	return all[:size], base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "page from %d", from+int(size))), nil
}
