package cloud

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Fact is something that docs/facts says of a service, and that one call and its
// answer can confirm or contradict.
type Fact struct {
	At         string // where it stands, as comments name it
	Says       string // in a sentence, as it would be if it is so
	Unverified bool   // no source says it, so that either finding is news
	Tell       func(Told) Finding
}

// Finding is what a call says of a fact.
type Finding int

// What a call can say.
const (
	Silent Finding = iota
	Confirms
	Contradicts
)

// Told is a call and its answer, for facts. What is no JSON is nil.
type Told struct {
	Call         string
	Status       int
	Sent, Answer any
}

// NewTold reads what went over the road.
func NewTold(r Recorded) Told {
	read := func(body []byte) (v any) {
		if json.Unmarshal(body, &v) != nil {
			return nil
		}
		return v
	}
	return Told{r.Call.Name, r.Status, read(r.Sent), read(r.Answer)}
}

// requestIDs are those that Tencent's answers hold, and Huawei's have in a header.
func (t Told) requestIDs() []any { return walk(t.Answer, []string{"Response", "RequestId"}) }

// In are the values of the answers to a call at a path of names, with * for all
// entries of a list: "Response.JobSet.*.Status". What is not there is none.
func (t Told) In(call, path string) []any {
	if t.Call != call || t.Status < 200 || t.Status >= 300 {
		return nil
	}
	return walk(t.Answer, strings.Split(path, "."))
}

func walk(v any, path []string) (all []any) {
	if len(path) == 0 {
		return []any{v}
	}
	switch v := v.(type) {
	case map[string]any:
		if inner, ok := v[path[0]]; ok {
			return walk(inner, path[1:])
		}
	case []any:
		if path[0] == "*" {
			for _, entry := range v {
				all = append(all, walk(entry, path[1:])...)
			}
		}
	}
	return all
}

// Every tells of values that a fact is about whether it holds for all of them.
func Every(values []any, holds func(v any) bool) Finding {
	switch {
	case len(values) == 0:
		return Silent
	case slices.ContainsFunc(values, func(v any) bool { return !holds(v) }):
		return Contradicts
	}
	return Confirms
}

// These say what a value is.

// IsText tells of a text.
func IsText(v any) bool { _, ok := v.(string); return ok }

// IsNumber tells of a number.
func IsNumber(v any) bool { _, ok := v.(float64); return ok }

// IsWhole tells of a number without a fraction.
func IsWhole(v any) bool {
	n, ok := v.(float64)
	return ok && n == float64(int64(n))
}

// IsTime tells of a text with a time, its date and its offset.
func IsTime(v any) bool {
	text, ok := v.(string)
	if !ok {
		return false
	}
	_, err := time.Parse(time.RFC3339, text)
	return err == nil
}

// IsMoment tells of milliseconds, as a number or as a text of digits.
func IsMoment(v any) bool {
	text, ok := v.(string)
	if n, number := v.(float64); number {
		return n > 1e11 && n < 1e13
	}
	return ok && len(text) >= 12 && len(text) <= 13 && strings.Trim(text, "0123456789") == ""
}

// Given are the values that say something: neither null nor empty.
func Given(values []any) []any { return Those(values, func(v any) bool { return !IsEmpty(v) }) }

// Those are the values of a kind.
func Those(values []any, are func(v any) bool) (some []any) {
	for _, v := range values {
		if are(v) {
			some = append(some, v)
		}
	}
	return some
}

// IsEmpty tells of null, and of a text, a list and an object with nothing in it.
func IsEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// IsNull tells of null.
func IsNull(v any) bool { return v == nil }

// IsOneOf tells of a text that is one of some words.
func IsOneOf(words ...string) func(v any) bool {
	return func(v any) bool {
		text, ok := v.(string)
		return ok && slices.Contains(words, text)
	}
}

// IsBetween tells of a number within bounds, both included.
func IsBetween(low, high float64) func(v any) bool {
	return func(v any) bool {
		n, ok := v.(float64)
		return ok && n >= low && n <= high
	}
}

// Descends tells of texts or numbers whether each is at most the one before it.
// Fewer than two, or all alike, say nothing.
func Descends(values []any) Finding {
	finding := Silent
	for i := 1; i < len(values); i++ {
		switch c := compare(values[i-1], values[i]); {
		case c > 0 && finding == Silent:
			finding = Confirms
		case c < 0:
			return Contradicts
		}
	}
	return finding
}

func compare(a, b any) int {
	if x, ok := a.(float64); ok {
		if y, ok := b.(float64); ok {
			switch {
			case x < y:
				return -1
			case x > y:
				return 1
			}
		}
		return 0
	}
	x, _ := a.(string)
	y, _ := b.(string)
	return strings.Compare(x, y)
}
