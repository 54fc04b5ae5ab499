package functions

import (
	"strconv"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
)

func timestamp() function.Function {
	return ofTexts(cty.String, func([]string) (cty.Value, error) {
		return cty.StringVal(time.Now().UTC().Format(time.RFC3339)), nil
	})
}

func isotime(start time.Time) function.Function {
	return function.New(&function.Spec{
		VarParam: &function.Parameter{Name: "layout", Type: cty.String},
		Type:     function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			layout := time.RFC3339
			if len(args) > 1 {
				return cty.NilVal, function.NewArgErrorf(1, "one layout is enough")
			}
			if len(args) == 1 {
				layout = args[0].AsString()
			}
			return cty.StringVal(start.UTC().Format(layout)), nil
		},
	})
}

func strftime(start time.Time) function.Function {
	return ofTexts(cty.String, func(a []string) (cty.Value, error) {
		return cty.StringVal(gotmpl.Strftime(a[0], start.UTC())), nil
	}, "format")
}

func parts(extra string) cty.Type {
	all := map[string]cty.Type{
		"month_name": cty.String, "weekday_name": cty.String, extra: cty.Number,
	}
	for _, name := range []string{
		"year", "year_day", "day", "month", "weekday", "hour", "minute", "second", "iso_year", "iso_week",
	} {
		all[name] = cty.Number
	}
	if extra == "rfc3339" {
		all[extra] = cty.String
	}
	return cty.Object(all)
}

func partsOf(t time.Time, extra string, value cty.Value) cty.Value {
	n := func(i int) cty.Value { return cty.NumberIntVal(int64(i)) }
	isoYear, isoWeek := t.ISOWeek()
	return cty.ObjectVal(map[string]cty.Value{
		"year": n(t.Year()), "year_day": n(t.YearDay()), "day": n(t.Day()),
		"month": n(int(t.Month())), "month_name": cty.StringVal(t.Month().String()),
		"weekday": n(int(t.Weekday())), "weekday_name": cty.StringVal(t.Weekday().String()),
		"hour": n(t.Hour()), "minute": n(t.Minute()), "second": n(t.Second()),
		"iso_year": n(isoYear), "iso_week": n(isoWeek),
		extra: value,
	})
}

func parseRFC3339() function.Function {
	return ofTexts(parts("unix"), func(a []string) (cty.Value, error) {
		t, err := time.Parse(time.RFC3339, a[0])
		if err != nil {
			return cty.NilVal, function.NewArgErrorf(0, "%q is not RFC 3339, such as 2026-03-01T14:05:09Z", a[0])
		}
		return partsOf(t, "unix", cty.NumberIntVal(t.Unix())), nil
	}, "timestamp")
}

func parseUnix() function.Function {
	return ofTexts(parts("rfc3339"), func(a []string) (cty.Value, error) {
		seconds, err := strconv.ParseInt(a[0], 10, 64)
		if err != nil {
			return cty.NilVal, function.NewArgErrorf(0, "%q is not a whole number of seconds since 1970", a[0])
		}
		t := time.Unix(seconds, 0).UTC()
		return partsOf(t, "rfc3339", cty.StringVal(t.Format(time.RFC3339))), nil
	}, "seconds")
}
