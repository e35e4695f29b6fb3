package huaweicpts

import "cloudjob/internal/cloud"

// This file calculates with numbers of which some are not known.

// amount is a number of a report, in which a negative one measures nothing. It
// may have decimals or quotes where none are documented (facts huawei-cpts §9),
// or be null.
type amount cloud.Number

func (a *amount) UnmarshalJSON(b []byte) error {
	err := (*cloud.Number)(a).UnmarshalJSON(b)
	if a.Value < 0 {
		*a = amount{}
	}
	return err
}

func (a amount) times(factor float64) amount { return amount{a.Value * factor, a.Given} }

// over divides. The quotient is not known if one of both is not, or if b is 0.
func (a amount) over(b amount) amount {
	if !a.Given || !b.Given || b.Value == 0 {
		return amount{}
	}
	return amount{a.Value / b.Value, true}
}

// sum is known if all parts are.
func sum(parts ...amount) (total amount) {
	total.Given = len(parts) > 0
	for _, p := range parts {
		total.Value += p.Value
		total.Given = total.Given && p.Given
	}
	return total
}

// weighed is a value and how many requests are behind it.
type weighed struct{ value, behind amount }

// highest, lowest and mean make the value of a run of those of its cases. It is
// not known if one of them is not. The mean of percentiles is no percentile, so
// of those the worst case's is taken for the run.
func highest(parts []weighed) weighed {
	return pick(parts, func(a, b float64) bool { return a > b })
}

func lowest(parts []weighed) weighed {
	return pick(parts, func(a, b float64) bool { return a < b })
}

func pick(parts []weighed, better func(a, b float64) bool) (best weighed) {
	for i, p := range parts {
		if !p.value.Given {
			return weighed{}
		}
		if i == 0 || better(p.value.Value, best.value.Value) {
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
		product := p.value.times(p.behind.Value)
		product.Given = product.Given && p.behind.Given
		products, weights = append(products, product), append(weights, p.behind)
	}
	return weighed{sum(products...).over(sum(weights...)), sum(weights...)}
}
