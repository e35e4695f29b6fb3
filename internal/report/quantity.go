package report

import (
	"cmp"
	"math"
	"strconv"
	"strings"

	"cloudjob/internal/job"
)

// amount prints a value for people: three digits, and all of those before the
// point.
func amount(v float64, u job.Unit) string {
	text, _ := printed(v, u, 0)
	return text
}

// beside prints a value and the limit it is compared with. Each gets as many
// digits as it takes for the two to compare as they do unrounded, so that
// 300 ms < 300 ms is never shown.
func beside(actual, limit float64, u job.Unit) (string, string) {
	for more := range 15 {
		a, shownActual := printed(actual, u, more)
		l, shownLimit := printed(limit, u, max(more, 3)) // a limit is shown as it was written
		if cmp.Compare(shownActual, shownLimit) == cmp.Compare(actual, limit) {
			return a, l
		}
	}
	return plain(actual) + suffix(u), plain(limit) + suffix(u)
}

func plain(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func suffix(u job.Unit) string {
	switch u {
	case job.Seconds, job.Percent, job.BytesPerSecond:
		return " " + string(u)
	case job.PerSecond:
		return string(u)
	}
	return ""
}

// printed also returns the number that a reader of the text reads.
func printed(v float64, u job.Unit, more int) (string, float64) {
	if !isNumber(v) {
		return "no number", v
	}
	if u == job.Seconds && math.Abs(v) >= 120 && math.Abs(v) < 1e9 {
		return minutes(v, more)
	}
	factor, name := scale(v, u)
	digits := rounded(v/factor, more)
	read, _ := strconv.ParseFloat(digits, 64) // FormatFloat wrote it
	return digits + name, read * factor
}

func minutes(v float64, more int) (string, float64) {
	read, _ := strconv.ParseFloat(strconv.FormatFloat(math.Abs(v), 'f', more, 64), 64)
	whole := math.Floor(read / 60)
	text := strconv.FormatFloat(whole, 'f', 0, 64) + " min"
	if rest := trimmed(strconv.FormatFloat(read-60*whole, 'f', more, 64)); rest != "0" {
		text += " " + rest + " s"
	}
	if v < 0 {
		return "-" + text, -read
	}
	return text, read
}

// scale chooses the unit of a value's size.
func scale(v float64, u job.Unit) (factor float64, name string) {
	size := math.Abs(v)
	switch {
	case u == job.Seconds && size < 1:
		return 1e-3, " ms"
	case u == job.BytesPerSecond && size >= 1e6:
		return 1e6, " MB/s"
	case u == job.BytesPerSecond && size >= 1e3:
		return 1e3, " KB/s"
	}
	return 1, suffix(u)
}

// rounded keeps three digits and more, and all before the point.
func rounded(v float64, more int) string {
	decimals := 0
	if v != 0 {
		decimals = min(max(0, 2-int(math.Floor(math.Log10(math.Abs(v))))), 12)
	}
	return trimmed(strconv.FormatFloat(v, 'f', decimals+more, 64))
}

// trimmed takes the zeros from the end of a fraction, and the sign from a zero.
func trimmed(digits string) string {
	if strings.Contains(digits, ".") {
		digits = strings.TrimRight(strings.TrimRight(digits, "0"), ".")
	}
	if digits == "-0" {
		return "0"
	}
	return digits
}

// percent prints a share for a headroom or a change: at most two digits.
func percent(share float64) string {
	share = math.Abs(share) * 100
	switch {
	case share != 0 && share < 0.1:
		return "under 0.1 %"
	case share >= 1000:
		return "over 1000 %"
	case share < 10:
		return trimmed(strconv.FormatFloat(share, 'f', 1, 64)) + " %"
	}
	return strconv.FormatFloat(share, 'f', 0, 64) + " %"
}
