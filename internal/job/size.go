package job

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Measure is a quantity of what a start would run that can be bounded before
// it. With max_ before it, it is the input that does.
type Measure string

const (
	VirtualUsers Measure = "virtual_users" // at the same time
	Instances    Measure = "instances"     // of all tasks together
	Length       Measure = "duration"
	VUM          Measure = "vum" // virtual users times minutes, by which load tests are paid for
)

// Measures are all of them, in the order in which they are told.
func Measures() []Measure { return []Measure{VirtualUsers, Instances, Length, VUM} }

// Input is the name of the input that bounds it.
func (m Measure) Input() string { return "max_" + string(m) }

// Text writes so much of it for people.
func (m Measure) Text(n int64) string {
	switch m {
	case VirtualUsers:
		return grouped(n) + plural(n, " virtual user")
	case Instances:
		return grouped(n) + plural(n, " instance")
	case Length:
		return length(n)
	}
	return vum(n) + " VUM"
}

// Limit writes a limit as the user does.
func (m Measure) Limit(n int64) string {
	switch m {
	case Length:
		return length(n)
	case VUM:
		return vum(n)
	}
	return grouped(n)
}

// Amount is how much of a measure a start would run at the most: a count, or
// seconds, or of VUM virtual users times seconds, so that nothing is rounded.
type Amount struct {
	Measure Measure
	N       int64
	From    string // how it comes about, for people; may be empty
	Unknown string // why it cannot be told; empty if it can
}

func (a Amount) text() string {
	switch {
	case a.Unknown != "":
		return fmt.Sprintf("%s not known (%s)", a.Measure, a.Unknown)
	case a.From != "":
		return fmt.Sprintf("%s (%s)", a.Measure.Text(a.N), a.From)
	}
	return a.Measure.Text(a.N)
}

// Size is how much a start would run.
type Size struct {
	Amounts []Amount
	Lower   string // what makes it smaller: "lower the scenario's load"
}

// Of is the amount of a measure.
func (s Size) Of(m Measure) Amount {
	for _, a := range s.Amounts {
		if a.Measure == m {
			return a
		}
	}
	return Amount{Measure: m, Unknown: "nothing tells it"}
}

// Known is what of it can be told.
func (s Size) Known() Size {
	s.Amounts = slices.DeleteFunc(slices.Clone(s.Amounts), func(a Amount) bool { return a.Unknown != "" })
	return s
}

// Text is the whole size for people.
func (s Size) Text() string {
	texts := make([]string, len(s.Amounts))
	for i, a := range s.Amounts {
		texts[i] = a.text()
	}
	return strings.Join(texts, ", ")
}

// Plus adds what is not below 0; more than can be counted stays the most that
// can, which no limit lets pass.
func Plus(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// Times multiplies in the same way.
func Times(a, b int64) int64 {
	if high, low := bits.Mul64(uint64(a), uint64(b)); high == 0 && low <= math.MaxInt64 {
		return int64(low)
	}
	return math.MaxInt64
}

// vum writes user seconds as user minutes, with the decimals that they have.
func vum(userSeconds int64) string {
	text := grouped(userSeconds / 60)
	if rest := userSeconds % 60; rest != 0 {
		text += strings.TrimRight(strconv.FormatFloat(float64(rest)/60, 'f', 2, 64)[1:], "0")
	}
	return text
}

func plural(n int64, one string) string {
	if n == 1 {
		return one
	}
	return one + "s"
}

// grouped writes a count with commas: 50,000.
func grouped(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// length writes seconds; those that are more than a duration holds stay seconds.
func length(seconds int64) string {
	if seconds > math.MaxInt64/int64(time.Second) {
		return grouped(seconds) + "s"
	}
	return Span(time.Duration(seconds) * time.Second)
}
