package huaweicpts

// This file calculates with numbers of which some are not known.

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// amount is a number of a report, which may have decimals or quotes where none
// are documented (facts huawei-cpts §9), or be null. A negative one measures
// nothing.
type amount struct {
	value float64
	known bool
}

func (a *amount) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	*a = amount{}
	if err == nil && n >= 0 && !math.IsInf(n, 0) {
		*a = amount{n, true}
	}
	return nil
}

var _ json.Unmarshaler = (*amount)(nil)

func (a amount) times(factor float64) amount { return amount{a.value * factor, a.known} }

// over divides; by nothing there is no answer.
func (a amount) over(b amount) amount {
	if !a.known || !b.known || b.value == 0 {
		return amount{}
	}
	return amount{a.value / b.value, true}
}

// sum is known if all parts are.
func sum(parts ...amount) (total amount) {
	total.known = len(parts) > 0
	for _, p := range parts {
		total.value += p.value
		total.known = total.known && p.known
	}
	return total
}

// weighed is a value and how many requests are behind it.
type weighed struct{ value, behind amount }

// highest, lowest and mean know nothing if one part is not known. The mean of
// percentiles would be none, so the worst case stands for the run.
func highest(parts []weighed) weighed {
	return pick(parts, func(a, b float64) bool { return a > b })
}

func lowest(parts []weighed) weighed {
	return pick(parts, func(a, b float64) bool { return a < b })
}

func pick(parts []weighed, better func(a, b float64) bool) (best weighed) {
	for i, p := range parts {
		if !p.value.known {
			return weighed{}
		}
		if i == 0 || better(p.value.value, best.value.value) {
			best = p
		}
	}
	return best
}

func mean(parts []weighed) weighed {
	if len(parts) == 1 {
		return parts[0]
	}
	var products, weights []amount
	for _, p := range parts {
		product := p.value.times(p.behind.value)
		product.known = product.known && p.behind.known
		products, weights = append(products, product), append(weights, p.behind)
	}
	return weighed{sum(products...).over(sum(weights...)), sum(weights...)}
}
