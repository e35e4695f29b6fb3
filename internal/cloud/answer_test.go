package cloud

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func TestLegible(t *testing.T) {
	for in, want := range map[string]string{
		`{}`:                                            `{}`,
		` { "a" : [ ] , "b":{ } } `:                     ` { "a" : [ ] , "b":{ } } `, // as it came
		`{"a":[null]}`:                                  `{"a":[]}`,
		`{"a":[null,{"b":null}]}`:                       `{"a":[{"b":null}]}`,
		`{"a":[{"b":1}, null, {} ]}`:                    `{"a":[{"b":1},{}]}`,
		`{"a":[{},null,null]}`:                          `{"a":[{}]}`,
		`{"a":[null,{},null,[null]]}`:                   `{"a":[{},[]]}`,
		`{"a":[[null,{}],null,[]]}`:                     `{"a":[[{}],[]]}`,
		`{"a":[null,1,null]}`:                           `{"a":[null,1,null]}`, // values of a curve: the second is missing
		`{"a":["x",null]}`:                              `{"a":["x",null]}`,
		`{"a":[null,true]}`:                             `{"a":[null,true]}`,
		`{"a":12.0,"b":-0.50,"c":0.0}`:                  `{"a":12,"b":-0.50,"c":0}`,
		`{"a":1.5e3,"b":1E-3,"c":-7.000}`:               `{"a":1500,"b":1E-3,"c":-7}`,
		`{"a":9007199254740993,"b":9007199254740993.0}`: `{"a":9007199254740993,"b":9007199254740993.0}`, // as written: a float64 does not hold it
		`{"a":1e400}`:                                   `{"a":1e400}`,
		`{"a,[null]":"[null,{}] 12.0 \" \\","b":"\\"}`:  `{"a,[null]":"[null,{}] 12.0 \" \\","b":"\\"}`,
		`{"a":true,"b":false}`:                          `{"a":true,"b":false}`,
	} {
		if got := string(legible([]byte(in), nil)); got != want {
			t.Errorf("legible(%s) = %s, want %s", in, got, want)
		}
	}
}

// FuzzLegible: whatever is valid JSON stays so, and is legible at once.
func FuzzLegible(f *testing.F) {
	for _, s := range []string{`{"a":[null,{"b":[1,null]},12.0]}`, `[null,[null]]`, `"\\\""`, ` 1e2 `, `{"":{"":[[],null]}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if !json.Valid(in) {
			return
		}
		once := legible(in, nil)
		if !json.Valid(once) {
			t.Fatalf("legible(%s) = %s", in, once)
		}
		if twice := legible(once, nil); string(twice) != string(once) {
			t.Errorf("legible(%s) = %s, and of that %s", in, once, twice)
		}
	})
}

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
