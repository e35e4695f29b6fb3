package huaweicpts

// This file is how many requests took how long.

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cloudjob/internal/job"
)

// ranges are how many requests of a case took how long, by what the service
// calls each range. How it writes one, and in which unit, is UNVERIFIED (facts
// huawei-cpts §6.1), so they are shown as they come.
type ranges map[string]amount

// UnmarshalJSON takes what is no table for none.
func (r *ranges) UnmarshalJSON(b []byte) error {
	*r = nil
	var table map[string]amount
	if json.Unmarshal(b, &table) == nil {
		*r = table
	}
	return nil
}

// mostRanges is how many of them are kept: more would be no overview.
const mostRanges = 50

// ranges are those of all cases together, if all are cut alike: to say anything
// of others would take knowing how a range is written.
func (m *measured) ranges() (list []job.Range) {
	total, all := ranges{}, 0.0
	for i, c := range m.cases {
		if i > 0 && !maps.EqualFunc(c.ranges, total, func(amount, amount) bool { return true }) {
			return nil
		}
		for what, n := range c.ranges {
			if !n.Given {
				return nil
			}
			total[what] = amount{total[what].Value + n.Value, true}
			all += n.Value
		}
	}
	if all == 0 || len(total) > mostRanges {
		return nil
	}
	for what, n := range total {
		list = append(list, job.Range{What: what, Count: int64(n.Value)})
	}
	slices.SortStableFunc(list, func(a, b job.Range) int {
		return cmp.Or(cmp.Compare(begins(a.What), begins(b.What)), strings.Compare(a.What, b.What))
	})
	return list
}

// begins is the first number of a text, 0 if there is none.
func begins(text string) float64 {
	from := strings.IndexAny(text, "0123456789")
	if from < 0 {
		return 0
	}
	digits := text[from:]
	if end := strings.IndexFunc(digits, func(r rune) bool { return (r < '0' || r > '9') && r != '.' }); end >= 0 {
		digits = digits[:end]
	}
	n, _ := strconv.ParseFloat(digits, 64) // of digits and dots, 0 if they are none
	return n
}
