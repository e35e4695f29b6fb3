package cloud

// This file reads the values of answers as a person would, however a service
// writes them. What cannot be read is absent, and spoils nothing beside it.

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// Number is a number, however it is written: plain, with a fraction, or as a
// text (facts tencent-pts §1).
type Number struct {
	Value float64
	Given bool
}

func (n *Number) UnmarshalJSON(b []byte) error {
	*n = numberIn(strings.Trim(string(b), `"`))
	return nil
}

func numberIn(text string) Number {
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return Number{}
	}
	return Number{v, true}
}

// exact is where a float64 begins to leave out whole numbers.
const exact = 1 << 53

// Int is the nearest whole number; not known if none is given, or one that
// nothing was ever counted to.
func (n Number) Int() (whole int64, known bool) {
	if !n.Given || math.Abs(n.Value) >= exact {
		return 0, false
	}
	return int64(math.Round(n.Value)), true
}

// Whole is the same, and 0 if it is not known.
func (n Number) Whole() int64 {
	whole, _ := n.Int()
	return whole
}

// Text is a text without the blanks around it, or a number in its place: one
// that is whole has no fraction.
type Text string

func (t *Text) UnmarshalJSON(b []byte) error {
	*t = ""
	var text string
	var number json.Number
	switch {
	case json.Unmarshal(b, &text) == nil: // null leaves it empty
		*t = Text(strings.TrimSpace(text))
	case json.Unmarshal(b, &number) == nil:
		*t = Text(whole(string(number)))
	}
	return nil
}

// Number is the number that the text is.
func (t Text) Number() Number { return numberIn(string(t)) }

// Time is the moment that the text is, in RFC 3339 or in milliseconds since
// 1970, or zero. A year before 1990 or after 2099 was not meant: what leads to
// it is 0, or counts in seconds or microseconds.
func (t Text) Time() time.Time {
	at, err := time.Parse(time.RFC3339, string(t))
	if ms := t.Number(); ms.Given && ms.Value < exact {
		at, err = time.UnixMilli(int64(ms.Value)), nil
	}
	if year := at.UTC().Year(); err != nil || year < 1990 || year >= 2100 {
		return time.Time{}
	}
	return at
}

// ID is a text that names something, or a number in its place: 7, 7.0, "7" and
// "7.0" name the same.
type ID string

func (i *ID) UnmarshalJSON(b []byte) error {
	var t Text
	if err := t.UnmarshalJSON(b); err != nil {
		return err
	}
	*i = ID(t)
	if t.Number().Given {
		*i = ID(withoutZeros(string(t)))
	}
	return nil
}

// Flag is yes or no, however it is written: true, "True", 1 or "1".
type Flag struct{ Is, Given bool }

func (f *Flag) UnmarshalJSON(b []byte) error {
	is, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(strings.Trim(string(b), `"`))))
	*f = Flag{is, err == nil}
	return nil
}

// whole writes a JSON number that is whole without a fraction or an exponent.
func whole(number string) string {
	short := withoutZeros(number)
	if n, err := strconv.ParseFloat(short, 64); err == nil && strings.ContainsAny(short, ".eE") && n == math.Trunc(n) && math.Abs(n) < exact {
		return strconv.FormatInt(int64(n), 10)
	}
	return short
}

// withoutZeros cuts a fraction that is nothing but zeros.
func withoutZeros(number string) string {
	if head, fraction, cut := strings.Cut(number, "."); cut && strings.Trim(fraction, "0") == "" {
		return head
	}
	return number
}
