package cloud

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func TestNumber(t *testing.T) {
	for in, want := range map[string]Number{
		`12`: {12, true}, `12.0`: {12, true}, `"12"`: {12, true}, `"12.5"`: {12.5, true}, `" 500 "`: {500, true},
		`0`: {0, true}, `"0"`: {0, true}, `-1`: {-1, true}, `1e3`: {1000, true},
		`null`: {}, `""`: {}, `"-"`: {}, `"12 ms"`: {}, `true`: {}, `{"a":1}`: {}, `[1]`: {}, `"NaN"`: {}, `"Inf"`: {}, `1e400`: {},
	} {
		n := Number{7, true}
		if err := json.Unmarshal([]byte(in), &n); err != nil || n != want {
			t.Errorf("%s is read as %v, want %v (%v)", in, n, want, err)
		}
	}
	for n, want := range map[float64]int64{1.6: 2, -1.6: -2, 1 << 52: 1 << 52, 1e300: 0, -1e300: 0} {
		if got := (Number{n, true}).Whole(); got != want {
			t.Errorf("%g is %d as a whole number, want %d", n, got, want)
		}
	}
	for n, want := range map[Number]bool{{}: false, {0, true}: true, {-3.4, true}: true, {1e300, true}: false} {
		if _, known := n.Int(); known != want {
			t.Errorf("that %+v is a whole number: %t", n, known)
		}
	}
}

// TestText: a text as a text and as an id, the moment that it is, and whether
// it says yes or no.
func TestText(t *testing.T) {
	when := time.UnixMilli(1772409601000)
	for in, want := range map[string]struct {
		text Text
		id   ID
		time time.Time
		flag Flag
	}{
		`"run-7"`:                {"run-7", "run-7", time.Time{}, Flag{}},
		`" run-7 "`:              {"run-7", "run-7", time.Time{}, Flag{}},
		`"run.0"`:                {"run.0", "run.0", time.Time{}, Flag{}},
		`7`:                      {"7", "7", time.Time{}, Flag{}},
		`7.0`:                    {"7", "7", time.Time{}, Flag{}},
		`"7.0"`:                  {"7.0", "7", time.Time{}, Flag{}}, // a name may be a version
		`-7.00`:                  {"-7", "-7", time.Time{}, Flag{}},
		`0.3`:                    {"0.3", "0.3", time.Time{}, Flag{}},
		`1.5e3`:                  {"1500", "1500", time.Time{}, Flag{}},
		`"12e4"`:                 {"12e4", "12e4", time.Time{}, Flag{}}, // an id may look so
		`9007199254740993`:       {"9007199254740993", "9007199254740993", time.Time{}, Flag{}},
		`9007199254740993.0`:     {"9007199254740993", "9007199254740993", time.Time{}, Flag{}},
		`1e400`:                  {"1e400", "1e400", time.Time{}, Flag{}},
		`1772409601000`:          {"1772409601000", "1772409601000", when, Flag{}},
		`1772409601000.0`:        {"1772409601000", "1772409601000", when, Flag{}},
		`1.772409601e12`:         {"1772409601000", "1772409601000", when, Flag{}},
		`"1772409601000"`:        {"1772409601000", "1772409601000", when, Flag{}},
		`"1772409601000.50"`:     {"1772409601000.50", "1772409601000.50", when, Flag{}},
		`"2026-03-02T00:00:01Z"`: {"2026-03-02T00:00:01Z", "2026-03-02T00:00:01Z", when, Flag{}},
		`1772409601000000`:       {"1772409601000000", "1772409601000000", time.Time{}, Flag{}}, // meant in microseconds
		`1772409601`:             {"1772409601", "1772409601", time.Time{}, Flag{}},             // in seconds
		`631151999999`:           {"631151999999", "631151999999", time.Time{}, Flag{}},
		`631152000000`:           {"631152000000", "631152000000", time.UnixMilli(631152000000), Flag{}},
		`4102444800000`:          {"4102444800000", "4102444800000", time.Time{}, Flag{}},
		`"1970-01-01T00:00:00Z"`: {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", time.Time{}, Flag{}},
		`"2100-01-01T00:00:00Z"`: {"2100-01-01T00:00:00Z", "2100-01-01T00:00:00Z", time.Time{}, Flag{}},
		`0`:                      {"0", "0", time.Time{}, Flag{false, true}},
		`"1"`:                    {"1", "1", time.Time{}, Flag{true, true}},
		`true`:                   {"", "", time.Time{}, Flag{true, true}},
		`"True"`:                 {"True", "True", time.Time{}, Flag{true, true}},
		`false`:                  {"", "", time.Time{}, Flag{false, true}},
		`"yes"`:                  {"yes", "yes", time.Time{}, Flag{}},
		`""`:                     {},
		`null`:                   {},
		`[1]`:                    {},
		`{"a":1}`:                {},
	} {
		text, id, flag := Text("before"), ID("before"), Flag{true, true}
		err := errors.Join(json.Unmarshal([]byte(in), &text), json.Unmarshal([]byte(in), &id), json.Unmarshal([]byte(in), &flag))
		if err != nil || text != want.text || id != want.id || flag != want.flag || !text.Time().Equal(want.time) {
			t.Errorf("%s is read as %q, %q, %+v, %s, %v", in, text, id, flag, text.Time(), err)
		}
	}
}

// FuzzNumber: whatever stands in the place of a number is one, or absent.
func FuzzNumber(f *testing.F) {
	for _, s := range []string{"1.5", `"1.5"`, "null", `""`, `"NaN"`, `"+Inf"`, "{}", "1e400", `"0x1p4"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n := Number{7, true}
		if err := n.UnmarshalJSON([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if math.IsNaN(n.Value) || math.IsInf(n.Value, 0) || !n.Given && n.Value != 0 {
			t.Errorf("%q is %+v", text, n)
		}
		var want float64
		if json.Unmarshal([]byte(text), &want) == nil && text != "null" && strings.TrimSpace(text) == text && (!n.Given || n.Value != want) {
			t.Errorf("%q is %+v", text, n)
		}
	})
}
