package gate

import (
	"math/big"
	"strconv"
	"strings"

	"cloudjob/internal/job"
)

// Amount writes a value for people, rounded to three digits; a whole number keeps
// the digits before its point.
func Amount(v float64, u job.Unit) string { return printed(v, u, precision{3, 3, 0}) }

// Compared writes a value and its limit. They are rounded away from each other, so
// that they look equal only if they are. A limit with as few digits as people write
// is not rounded.
func Compared(actual, limit float64, u job.Unit) (shownActual, shownLimit string) {
	switch {
	case actual > limit:
		shownActual, shownLimit = printed(actual, u, precision{4, 4, 1}), printed(limit, u, precision{4, 6, -1})
	case actual < limit:
		shownActual, shownLimit = printed(actual, u, precision{4, 4, -1}), printed(limit, u, precision{4, 6, 1})
	default:
		shownLimit = printed(limit, u, precision{4, 6, 0})
		shownActual = shownLimit
	}
	return signed(shownActual, actual, u), signed(shownLimit, limit, u)
}

// precision is how a number is rounded.
type precision struct {
	digits int // significant digits
	exact  int // a number with up to so many digits is not rounded
	side   int // 1: round up, -1: round down, 0: to the nearest
}

func printed(v float64, u job.Unit, p precision) string {
	if !finite(v) {
		return "no number"
	}
	if u == job.Seconds && max(v, -v) >= 120 && max(v, -v) < 1e9 {
		return minutes(v, p)
	}
	tens, unit := Scale(v, u)
	return p.round(decimal(v, tens)) + unit
}

// signed puts a plus before a growth from run to run.
func signed(text string, v float64, u job.Unit) string {
	if _, moves := u.OfRuns(); moves && v > 0 {
		return "+" + text
	}
	return text
}

// minutes writes minutes and seconds. The seconds have no fraction if the number is
// rounded.
func minutes(v float64, p precision) string {
	sign, seconds := "", decimal(v, 0)
	if v < 0 {
		sign, p.side = "-", -p.side
		seconds.Neg(seconds)
	}
	if short := seconds.FloatString(3); p.exact < 6 || !same(short, seconds) {
		seconds = onGrid(seconds, 0, p.side)
	}
	whole := new(big.Int).Div(seconds.Num(), new(big.Int).Mul(seconds.Denom(), big.NewInt(60)))
	rest := trimmed(seconds.Sub(seconds, new(big.Rat).SetInt(new(big.Int).Mul(whole, big.NewInt(60)))).FloatString(3))
	if rest == "0" {
		return sign + whole.String() + " min"
	}
	return sign + whole.String() + " min " + rest + " s"
}

// Scale is the power of ten and the unit that a value is easiest to read in.
func Scale(v float64, u job.Unit) (tens int, unit string) {
	if of, moves := u.OfRuns(); moves {
		tens, unit = Scale(v, of)
		return tens, unit + perRun
	}
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

// decimal is the decimal number that a value is printed as, times a power of ten.
// This is exact, so two values stay in their order; a product of floats could make
// them equal.
func decimal(v float64, tens int) *big.Rat {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(v, 'e', -1, 64))
	if !ok { // not a finite number
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

func (p precision) round(exact *big.Rat) string {
	size, _ := new(big.Rat).Abs(exact).Float64()
	if short := exact.FloatString(max(0, p.exact-firstDigit(size))); same(short, exact) {
		return trimmed(short)
	}
	decimals := max(0, p.digits-firstDigit(size))
	return trimmed(onGrid(exact, decimals, p.side).FloatString(decimals))
}

// firstDigit is the place of a number's first digit: 3 for hundreds, 0 for tenths,
// -1 for hundredths.
func firstDigit(size float64) int {
	n := 0
	for ; n < 20 && size >= 1; n++ {
		size /= 10
	}
	for ; n > -300 && size > 0 && size < 0.1; n-- {
		size *= 10
	}
	return n
}

// onGrid rounds a number to so many decimals, to the side that precision names.
func onGrid(exact *big.Rat, decimals, side int) *big.Rat {
	if side == 0 {
		nearest, _ := new(big.Rat).SetString(exact.FloatString(decimals)) // FloatString wrote a number
		return nearest
	}
	grid := power(decimals)
	scaled := new(big.Rat).Mul(exact, grid)
	whole := new(big.Int).Div(scaled.Num(), scaled.Denom()) // rounds down
	if side > 0 && !scaled.IsInt() {
		whole.Add(whole, big.NewInt(1))
	}
	result := new(big.Rat).SetInt(whole)
	return result.Quo(result, grid)
}

func same(text string, exact *big.Rat) bool {
	r, ok := new(big.Rat).SetString(text)
	return ok && r.Cmp(exact) == 0
}

func trimmed(text string) string {
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if text == "-0" {
		return "0"
	}
	return text
}
