package gotmpl

import (
	"strconv"
	"strings"
	"time"
)

// Strftime formats t by C's conversions; one it does not know stays as it is.
func Strftime(layout string, t time.Time) string {
	var out strings.Builder
	for i := 0; i < len(layout); i++ {
		if layout[i] != '%' || i+1 == len(layout) {
			out.WriteByte(layout[i])
			continue
		}
		i++
		out.WriteString(conversion(layout[i], t))
	}
	return out.String()
}

func conversion(c byte, t time.Time) string {
	if layout, ok := layouts()[c]; ok {
		return t.Format(layout)
	}
	switch c {
	case '%':
		return "%"
	case 'n':
		return "\n"
	case 't':
		return "\t"
	case 's':
		return strconv.FormatInt(t.Unix(), 10)
	case 'C':
		return pad(t.Year()/100, 2)
	case 'u':
		return strconv.Itoa((int(t.Weekday())+6)%7 + 1)
	case 'w':
		return strconv.Itoa(int(t.Weekday()))
	case 'U':
		return pad((t.YearDay()+6-int(t.Weekday()))/7, 2)
	case 'W':
		return pad((t.YearDay()+6-(int(t.Weekday())+6)%7)/7, 2)
	}
	if year, week := t.ISOWeek(); c == 'V' {
		return pad(week, 2)
	} else if c == 'G' {
		return pad(year, 4)
	}
	return "%" + string(c)
}

func layouts() map[byte]string {
	return map[byte]string{
		'A': "Monday", 'a': "Mon", 'B': "January", 'b': "Jan", 'h': "Jan",
		'c': "Mon Jan _2 15:04:05 2006", 'D': "01/02/06", 'd': "02", 'e': "_2", 'F': "2006-01-02",
		'H': "15", 'I': "03", 'j': "002", 'k': "15", 'l': "3", 'M': "04", 'm': "01", 'p': "PM",
		'R': "15:04", 'r': "03:04:05 PM", 'S': "05", 'T': "15:04:05", 'v': "_2-Jan-2006",
		'X': "15:04:05", 'x': "01/02/06", 'Y': "2006", 'y': "06", 'Z': "MST", 'z': "-0700",
	}
}

func pad(n, width int) string {
	s := strconv.Itoa(n)
	return strings.Repeat("0", max(0, width-len(s))) + s
}
