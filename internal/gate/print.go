package gate

import (
	"math/big"
	"strconv"
	"strings"

	"cloudjob/internal/job"
)

// Print writes a value for people, rounded away from the limit that it is
// compared with, so that the two never look the same unless they are. A limit
// is printed with the value as its limit.
func Print(v float64, u job.Unit, limit float64) string {
	if !finite(v) {
		return "no number"
	}
	tens, unit := scale(v, u)
	exact := decimal(v, tens)
	direction := 0
	switch {
	case v > limit:
		direction = 1
	case v < limit:
		direction = -1
	}
	return rounded(exact, direction) + unit
}

// scale is the power of ten and the unit that a value is easiest to read in.
func scale(v float64, u job.Unit) (tens int, unit string) {
	size := max(v, -v)
	switch {
	case u == job.Seconds && size < 1 && v != 0:
		return 3, " ms"
	case u == job.BytesPerSecond && size >= 1e6:
		return -6, " MB/s"
	case u == job.BytesPerSecond && size >= 1e3:
		return -3, " KB/s"
	case u == job.PerSecond:
		return 0, "/s"
	case u == job.Count || u == job.Word:
		return 0, ""
	}
	return 0, " " + string(u)
}

// decimal is a value as its shortest text says it, times a power of ten.
// Decimals keep the order of values, which a product of floats may not.
func decimal(v float64, tens int) *big.Rat {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(v, 'e', -1, 64))
	if !ok { // no finite number is written so
		return new(big.Rat)
	}
	return r.Mul(r, power(tens))
}

func power(tens int) *big.Rat {
	r := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(tens, -tens))), nil))
	if tens < 0 {
		r.Inv(r)
	}
	return r
}

const (
	digits  = 4 // significant ones of a rounded number
	shortly = 6 // a number of up to so many decimals and digits is not rounded
)

// rounded writes a number with few digits, up, down or to the nearest.
func rounded(exact *big.Rat, direction int) string {
	size, _ := new(big.Rat).Abs(exact).Float64()
	if short := exact.FloatString(shortly - wholeDigits(size)); same(short, exact) {
		return trimmed(short)
	}
	decimals := digits - wholeDigits(size)
	if direction == 0 {
		return trimmed(exact.FloatString(decimals))
	}
	grid := power(decimals)
	scaled := new(big.Rat).Mul(exact, grid)
	whole := new(big.Int).Div(scaled.Num(), scaled.Denom()) // towards minus infinity
	if direction > 0 {                                      // it is never whole: it would have been short
		whole.Add(whole, big.NewInt(1))
	}
	result := new(big.Rat).SetInt(whole)
	return trimmed(result.Quo(result, grid).FloatString(decimals))
}

// wholeDigits are the digits before the point, as far as rounding asks.
func wholeDigits(size float64) int {
	n := 0
	for ; n < digits && size >= 1; n++ {
		size /= 10
	}
	return n
}

func same(text string, exact *big.Rat) bool {
	r, ok := new(big.Rat).SetString(text)
	return ok && r.Cmp(exact) == 0
}

func trimmed(text string) string {
	if !strings.Contains(text, ".") {
		return text
	}
	text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	if text == "-0" {
		return "0"
	}
	return text
}
