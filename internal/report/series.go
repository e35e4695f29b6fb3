package report

import (
	"bytes"
	"encoding/csv"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// CSV is series.csv: a row for each time, in seconds since the job began, and a
// column for each series. What was not measured at a time is empty.
func CSV(r Result) []byte {
	head := []string{"seconds"}
	rows := map[time.Duration][]string{}
	for i, s := range r.Report.Series {
		head = append(head, inert(clean(named(s.Metric, s.Aggregation, s.Labels))))
		for _, p := range numbers(s.Points) {
			if rows[p.At] == nil {
				rows[p.At] = make([]string, len(r.Report.Series))
			}
			rows[p.At][i] = decimal(p.Value)
		}
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	lines := [][]string{head}
	for _, at := range slices.Sorted(maps.Keys(rows)) {
		lines = append(lines, append([]string{decimal(at.Seconds())}, rows[at]...))
	}
	_ = w.WriteAll(lines) // a buffer takes everything
	return b.Bytes()
}

// decimal writes all digits that a number needs.
func decimal(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// inert changes a text that a spreadsheet would take for a formula, also in a
// spreadsheet that ends cells at semicolons.
func inert(s string) string {
	parts := strings.SplitAfter(s, ";")
	for i, part := range parts {
		if strings.IndexAny(strings.TrimLeft(part, " \"'"), "=+-@|＝＋－＠") == 0 {
			parts[i] = "'" + part
		}
	}
	return strings.Join(parts, "")
}
